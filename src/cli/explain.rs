//! `lookout explain`: an alert message in words.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::{Failure, language, named_path, print_line};
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
    #[arg(long, value_parser = language::parse)]
    language: Option<Language>,
}

/// Runs it.
///
/// # Errors
/// A file that cannot be read, or that holds something other than alerts.
pub fn run(args: Args) -> Result<(), Failure> {
    let language = language::spoken(args.language);
    let both = |english: String, chinese: String| match language {
        Language::English => english,
        Language::Chinese => chinese,
    };
    let shown = args.file.display();
    let text = read(&args.file).map_err(|error| {
        let name = both(format!("the alert in {shown}"), format!("预警文件 {shown}"));
        Failure::failed(named_path::unread(&name, &args.file, &error, language)).in_language(language)
    })?;
    let mut found = 0usize;
    for message in serde_json::Deserializer::from_str(&text).into_iter::<Event<AlertData>>() {
        let message = message.map_err(|error| {
            let why = both(
                format!(
                    "{shown}: this is no alert message: {error}\n  hint: an alert is a message of the topic up/alert, with `data.alert_id` and the rest"
                ),
                format!(
                    "{shown}：这不是预警消息（原文：{error}）\n  提示：预警是主题 up/alert 上的消息，含有 `data.alert_id` 等字段"
                ),
            );
            Failure::invalid(why).in_language(language)
        })?;
        if found > 0 {
            print_line("")?;
        }
        print_line(explain(&message.data, language).trim_end())?;
        found += 1;
    }
    if found == 0 {
        let why = both(
            format!(
                "{shown}: there is no alert in it\n  hint: an alert is a message of the topic up/alert, as `lookout replay` prints it"
            ),
            format!(
                "{shown}：其中没有预警\n  提示：预警是主题 up/alert 上的消息，`lookout replay` 打印的就是这样的消息"
            ),
        );
        return Err(Failure::invalid(why).in_language(language));
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
