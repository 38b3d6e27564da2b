//! The pull request: what it does to the document, to the settings, and to the log.

/// The document that was harmless, as the change has it.
pub const DOCUMENT: &str = include_str!("look.md");

/// The settings as the change has them.
pub const SETTINGS: &str = include_str!("runbook.toml");

/// A runbook without an error whose reads print what should not be printed.
pub const NOISE: &str = include_str!("noise.md");

/// The same, of those reads alone that no secret is near, so that more of them is told.
pub fn noise_without_secrets() -> String {
    let parts: Vec<_> = NOISE.split("```bash\n").filter(|part| !part.contains("TOKEN")).collect();
    parts.join("```bash\n")
}

/// What the listed server says to whoever asks for noise.
pub const SAID: &str = "::error::said\n  ::warning file=a::said\n\u{a0}::add-mask::ok\nx ##[error]said\r::stop-commands::x\r\n\u{1b}[2K\u{1b}[1G::set-output name=a::b\n\u{1b}]0;title\u{7}<img src=http://127.0.0.2/i>]]></failure>\n`@team` [a](http://127.0.0.2)\n";
