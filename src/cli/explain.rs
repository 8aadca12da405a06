//! `lookout explain`: an alert message in words.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::language;
use super::{Failure, named_path, print_line};
use crate::contract::Event;
use crate::contract::alert::AlertData;
use crate::contract::explain::explain;
use crate::text::argument;

/// Arguments of `lookout explain`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// A file with one alert message, or one on each line as `replay` and `tail --json` print them; `-` for standard input
    #[arg(value_name = "ALERT.json")]
    file: PathBuf,
}

/// Runs it.
///
/// # Errors
/// A file that cannot be read, or that holds something other than alerts.
pub(crate) fn run(args: Args) -> Result<(), Failure> {
    let language = language::of_this_run();
    let shown = args.file.display().to_string();
    let text = read(&args.file)
        .map_err(|error| named_path::unreadable(argument::alert_file(&shown), &args.file, &error))?;
    let mut found = 0usize;
    for message in serde_json::Deserializer::from_str(&text).into_iter::<Event<AlertData>>() {
        let message = message.map_err(|error| {
            let what = argument::no_alert_message(&shown, error.to_string());
            Failure::refused(what).hint(argument::try_alert_message())
        })?;
        if found > 0 {
            print_line("")?;
        }
        print_line(explain(&message.data, language).trim_end())?;
        found += 1;
    }
    if found == 0 {
        return Err(Failure::refused(argument::no_alert(&shown)).hint(argument::try_replay()));
    }
    Ok(())
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file)
}
