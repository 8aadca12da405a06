//! Configurations with one thing wrong in each: what `lookout check` and a running box judge them by must refuse every one
//! and name the place.

use std::collections::BTreeMap;
use std::path::Path;

use lookout::config::{Config, Surroundings};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::bench::{Row, rounds};

/// So many lines after something that is not closed the next thing stands, at most, with its comments.
const LATE: u32 = 8;

/// How a line is spoilt.
#[derive(Debug, Clone, Copy)]
enum Slip {
    /// A name that nobody knows.
    UnknownName,
    /// A value of a type that nothing here has.
    WrongType,
    /// Nothing behind the equals sign.
    NoValue,
    /// A control character, as a broken transfer leaves it.
    ControlCharacter,
    /// The same said twice.
    SaidTwice,
    /// A text without its end, or a list without its bracket.
    Unclosed,
    /// A section header without its bracket.
    HalfASection,
}

const SLIPS: [Slip; 7] = [
    Slip::UnknownName,
    Slip::WrongType,
    Slip::NoValue,
    Slip::ControlCharacter,
    Slip::SaidTwice,
    Slip::Unclosed,
    Slip::HalfASection,
];

impl Slip {
    /// The line spoilt; `None` where this slip cannot be made in it.
    fn made_in(self, line: &str) -> Option<String> {
        if let Slip::HalfASection = self {
            return line.starts_with('[').then(|| line.replacen(']', "", 1));
        }
        let (name, value) = line.split_once(" = ")?;
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return None;
        }
        Some(match self {
            Slip::UnknownName => format!("x{line}"),
            Slip::WrongType => format!("{name} = 1979-05-27"),
            Slip::NoValue => format!("{name} ="),
            Slip::ControlCharacter => format!("{name} = \u{1}{value}"),
            Slip::SaidTwice => format!("{line}\n{line}"),
            Slip::Unclosed => {
                let end = value.rfind(['"', ']', '}']).filter(|_| !value.contains('#'))?;
                // Only where the end of the value is the end of the line: a list over many lines has none here.
                (end + 1 == value.len()).then(|| format!("{name} = {}", &value[..end]))?
            }
            Slip::HalfASection => return None,
        })
    }
}

#[test]
fn no_broken_configuration_is_taken_and_every_one_is_reported_where() {
    let mut row = Row::begin("broken configurations");
    let examples: Vec<(&str, String)> =
        ["example.toml", "minimal.toml", "demo.toml", "demo-lane.toml", "signals.toml"]
            .into_iter()
            .filter_map(|name| {
                let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config").join(name);
                let text = std::fs::read_to_string(&path).ok()?;
                judge(&text).is_ok().then_some((name, text))
            })
            .collect();
    assert!(examples.len() >= 2, "examples that are right to begin with: {}", examples.len());
    let mut dice = StdRng::seed_from_u64(5);
    let wanted = rounds(500);
    let (mut made, mut of_kind) = (0, BTreeMap::<String, u64>::new());
    let (mut taken, mut on_the_line, mut near) = (0_u64, 0_u64, 0_u64);
    while made < wanted {
        let (name, text) = &examples[dice.random_range(0..examples.len())];
        let slip = SLIPS[dice.random_range(0..SLIPS.len())];
        let lines: Vec<&str> = text.lines().collect();
        let at = dice.random_range(0..lines.len());
        let Some(spoilt) = slip.made_in(lines[at]) else { continue };
        let broken = [&lines[..at], &[spoilt.as_str()], &lines[at + 1..]].concat().join("\n");
        made += 1;
        *of_kind.entry(format!("{slip:?}")).or_default() += 1;
        let what = || format!("{name}:{}, {slip:?}", at + 1);
        match judge(&broken) {
            Ok(()) => {
                taken += 1;
                row.miss(format!("{}: taken", what()));
            }
            Err(reported) => {
                on_the_line += u64::from(reported.contains(&(at as u32 + 1)));
                // Of what is not closed, the reader knows when the next thing begins that cannot stand in it.
                let late = if matches!(slip, Slip::Unclosed | Slip::HalfASection) { LATE } else { 1 };
                let is_near = reported.iter().any(|line| (at as u32..=at as u32 + 1 + late).contains(line));
                near += u64::from(is_near);
                row.check(is_near, || format!("{}: told for the lines {reported:?}", what()));
            }
        }
        row.progress(made, wanted);
    }
    row.set("configurations", made);
    row.set("taken", taken);
    row.set("told with the very line", on_the_line);
    row.set("told with it, its neighbour, or where the unclosed is noticed", near);
    for (kind, count) in of_kind {
        row.set(&kind, count);
    }
    row.pass();
}

/// The lines of the problems, if there are any.
fn judge(text: &str) -> Result<(), Vec<u32>> {
    let path = Path::new("/etc/lookout/lookout.toml");
    match Config::from_text(path, text, &Surroundings::elsewhere(path)) {
        Ok(_) => Ok(()),
        Err(problems) => Err(problems.iter().map(|problem| problem.line).collect()),
    }
}
