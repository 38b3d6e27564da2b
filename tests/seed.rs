//! The runbook that the project began with, untouched: it must not pass.
//!
//! Typed into a shell its first command fails behind a pipe, with status 0 and nothing printed.

mod scene;

use scene::Scene;

const OLD: &str = "eyJhbGciOiJIUzI1NiJ9.eyJ0b2tlbiI6InJlaGVhcnNhbC1vbGQifQ.c3RhbmQtaW4tb2xk";

fn seed() -> Scene {
    let seed = include_str!("../fixtures/seed/rotate-infisical-service-token.md");
    let story = Scene::of(seed).input("CURRENT_TOKEN", OLD);
    let story = story.input("INFISICAL_PROJECT_ID", "3f9d2c74-5a1b-4e0e-9c55-0d6a7b8e1f20");
    (1..=7).fold(story.confirm("prerequisites"), |story, step| story.confirm(&step.to_string()))
}

#[test]
fn the_seed_stops_at_its_first_command_and_says_why() {
    let told = seed().rehearse();
    told.exit(1).outcomes(&["not_met"]);
    told.because("`infisical` stage 1 of 2 exited 1, hidden by the pipe");
    told.because("unknown command \"list\"");
    told.never_says(OLD);
}

#[test]
fn the_seed_never_reaches_a_write_although_every_write_is_confirmed() {
    let told = seed().rehearse();
    let ended = &told.named("run_ended")[0];
    assert_eq!((ended["result"].as_str(), ended["step"].as_str()), (Some("failed"), Some("1")));
    let intended = told.named("segment_intended");
    assert_eq!(intended.len(), 1, "{told}");
    assert_eq!(intended[0]["step"], "1");
    assert_ne!(intended[0]["effect"], "write");
}

#[test]
fn the_seed_changes_nothing_in_the_world_of_the_stand_ins() {
    let story = seed().with_stand_ins();
    let before = story.world();
    story.run().exit(1).outcomes(&["not_met"]);
    assert_eq!(story.world(), before);
}
