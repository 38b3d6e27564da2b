//! Two things measured in turns (A B A B ...), so that what slows the machine slows both.
#![allow(dead_code)] // No benchmark uses all of it.

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Runs it to its end, which must be a good one.
pub fn run(mut command: Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let started = Instant::now();
    let status = command.status().expect("a command starts");
    let elapsed = started.elapsed();
    assert!(status.success(), "{command:?} ended with {status}");
    elapsed
}

/// A median, and how far it may be off.
#[derive(Clone, Copy)]
pub struct Measured {
    pub middle: f64,
    pub noise: f64,
}

impl Measured {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |quarters: usize| values[(values.len() - 1) * quarters / 4];
        Self { middle: at(2), noise: (at(3) - at(1)) / 2.0 }
    }

    pub fn scaled(self, factor: f64) -> Self {
        Self { middle: self.middle * factor, noise: self.noise * factor }
    }
}

/// Times of ours and of bash, in seconds, taken in turns.
pub struct Pairs(Vec<(f64, f64)>);

impl Pairs {
    pub fn measure(
        rounds: usize,
        ours: impl Fn() -> Duration,
        bash: impl Fn() -> Duration,
    ) -> Self {
        // The first round fills the caches and is not counted.
        ours();
        bash();
        Self((0..rounds).map(|_| (ours().as_secs_f64(), bash().as_secs_f64())).collect())
    }

    /// Ours as a multiple of the other's.
    pub fn ratio(&self) -> Measured {
        Measured::of(self.0.iter().map(|(ours, other)| ours / other).collect())
    }

    pub fn difference(&self) -> Measured {
        Measured::of(self.0.iter().map(|(ours, bash)| ours - bash).collect())
    }

    pub fn alone(&self) -> Measured {
        Measured::of(self.0.iter().map(|pair| pair.0).collect())
    }

    pub fn ours(&self) -> String {
        let ratio = Measured::of(self.0.iter().map(|(ours, bash)| ours / bash).collect());
        format!("{:.1} ms ({:.1} times bash)", self.alone().middle * 1000.0, ratio.middle)
    }

    pub fn bash(&self) -> String {
        let bash = Measured::of(self.0.iter().map(|pair| pair.1).collect());
        format!("{:.1} ms", bash.middle * 1000.0)
    }
}

/// What was promised, and whether it was held.
#[derive(Default)]
pub struct Targets {
    missed: usize,
}

impl Targets {
    pub fn hold(&mut self, name: &str, found: Measured, target: f64, better: f64) {
        let Measured { middle, noise } = found;
        let verdict = if middle <= better {
            "met"
        } else if middle <= target {
            "met, not yet the better target"
        } else if middle - noise <= target {
            "missed, but within the noise"
        } else {
            self.missed += 1;
            "MISSED"
        };
        println!(
            "  {name}: {middle:.2} ± {noise:.2} (at most {target}, better {better}): {verdict}"
        );
    }

    pub fn exit(&self) -> ExitCode {
        if self.missed == 0 {
            return ExitCode::SUCCESS;
        }
        println!("{} missed by more than the noise", self.missed);
        ExitCode::FAILURE
    }
}
