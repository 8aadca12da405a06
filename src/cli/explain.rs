//! `lookout explain`: an alert message in words.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::language::{self, invalid};
use super::{Failure, named_path, print_line};
use crate::contract::alert::AlertData;
use crate::contract::explain::explain;
use crate::contract::{Event, Language};
use crate::text::{Sentence, argument};

/// Arguments of `lookout explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file with one alert message, or one on each line as `replay` and `tail --json` print them; `-` for standard input
    #[arg(value_name = "ALERT.json")]
    file: PathBuf,
    /// Language of the explanation: zh-CN or en
    #[arg(long, value_parser = language::parse)]
    language: Option<Language>,
}

/// Runs it.
///
/// # Errors
/// A file that cannot be read, or that holds something other than alerts.
pub fn run(args: Args) -> Result<(), Failure> {
    let language = language::spoken(args.language);
    let shown = args.file.display().to_string();
    let refused = |what: Sentence, hint: Sentence| invalid(what.with_hint(Some(&hint), language), language);
    let text = read(&args.file).map_err(|error| {
        let name = argument::alert_file(&shown);
        Failure::failed(named_path::unread(name, &args.file, &error, language)).in_language(language)
    })?;
    let mut found = 0usize;
    for message in serde_json::Deserializer::from_str(&text).into_iter::<Event<AlertData>>() {
        let message = message.map_err(|error| {
            refused(argument::no_alert_message(&shown, error.to_string()), argument::try_alert_message())
        })?;
        if found > 0 {
            print_line("")?;
        }
        print_line(explain(&message.data, language).trim_end())?;
        found += 1;
    }
    if found == 0 {
        return Err(refused(argument::no_alert(&shown), argument::try_replay()));
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
