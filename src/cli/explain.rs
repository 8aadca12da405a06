//! `lookout explain`: an alert message in words.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize as _;
use serde_json::Value;

use super::language;
use super::{Failure, named_path, print_line};
use crate::contract::alert::AlertData;
use crate::contract::explain::explain;
use crate::contract::{Event, Payload as _};
use crate::input_file;
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
    let no_message = |error: serde_json::Error| {
        let what = argument::no_alert_message(&shown, error.to_string());
        Failure::refused(what).hint(argument::try_alert_message())
    };
    let (mut found, mut others) = (0usize, 0usize);
    for message in serde_json::Deserializer::from_str(&text).into_iter::<Value>() {
        let message = message.map_err(no_message)?;
        if is_of_another_kind(&message) {
            others += 1;
            continue;
        }
        let message = Event::<AlertData>::deserialize(message).map_err(no_message)?;
        if found > 0 {
            print_line("")?;
        }
        print_line(explain(&message.data, language).trim_end())?;
        found += 1;
    }
    if others > 0 {
        say!("{}", argument::other_messages(others).in_language(language));
    }
    if found == 0 {
        return Err(Failure::refused(argument::no_alert(&shown)).hint(argument::try_replay()));
    }
    Ok(())
}

/// Whether it is another message of a box: a summary, a count, an answer.
fn is_of_another_kind(message: &Value) -> bool {
    let kind = message.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| kind.starts_with("lookout.") && kind != AlertData::TYPE)
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    input_file::read_text(file)
}
