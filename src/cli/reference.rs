//! `runbook completions` and `runbook man`: the arguments, told to a shell and to `man`.

use clap::CommandFactory;

use super::arguments::{Arguments, Completions, Man};
use super::{Exit, Failure, print};

pub(super) fn completions(arguments: &Completions) -> Result<Exit, Failure> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "runbook", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

pub(super) fn man(arguments: &Man) -> Result<Exit, Failure> {
    let failed =
        |error| Failure::new(Exit::Environment, format!("failed to write the page: {error}"));
    if let Some(folder) = &arguments.folder {
        std::fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(Arguments::command(), folder).map_err(failed)?;
        return Ok(Exit::Done);
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(Arguments::command()).render(&mut page).map_err(failed)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}
