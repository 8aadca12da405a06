//! `lookout explain`: an alert message in words.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Failure, print_line};
use crate::contract::alert::AlertData;
use crate::contract::explain::explain;
use crate::contract::{Event, Language};

/// Arguments of `lookout explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A file with one alert message, or one on each line as `replay` and `tail --json` print them; `-` for standard input
    #[arg(value_name = "ALERT.json")]
    file: PathBuf,
    /// Language of the explanation: zh-CN or en
    #[arg(long, value_parser = language)]
    language: Option<Language>,
}

pub(super) fn language(text: &str) -> Result<Language, String> {
    match text {
        "zh-CN" | "zh" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        _ => Err("zh-CN or en".to_owned()),
    }
}

/// Runs it.
///
/// # Errors
/// A file that cannot be read, or that holds something other than alerts.
pub fn run(args: Args) -> Result<(), Failure> {
    let text = read(&args.file).map_err(|error| {
        Failure::failed(format!(
            "{}: {error}\n  hint: name a file with an alert, or `-`",
            args.file.display()
        ))
    })?;
    let language = args.language.unwrap_or_else(of_the_terminal);
    let mut found = 0usize;
    for message in serde_json::Deserializer::from_str(&text).into_iter::<Event<AlertData>>() {
        let message = message.map_err(|error| not_an_alert(&args.file, &error))?;
        if found > 0 {
            print_line("")?;
        }
        print_line(explain(&message.data, language).trim_end())?;
        found += 1;
    }
    if found == 0 {
        return Err(Failure::invalid(format!(
            "{}: there is no alert in it\n  hint: an alert is a message of the topic up/alert, as `lookout replay` prints it",
            args.file.display()
        )));
    }
    Ok(())
}

fn not_an_alert(file: &Path, error: &serde_json::Error) -> Failure {
    Failure::invalid(format!(
        "{}: this is no alert message: {error}\n  hint: an alert is a message of the topic up/alert, with `data.alert_id` and the rest",
        file.display()
    ))
}

fn read(file: &Path) -> io::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text)?;
        return Ok(text);
    }
    fs::read_to_string(file)
}

/// Chinese where the terminal speaks it.
pub(super) fn of_the_terminal() -> Language {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    match set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG")) {
        Some(value) if value.starts_with("zh") => Language::Chinese,
        _ => Language::English,
    }
}
