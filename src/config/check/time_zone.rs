//! The site's time zone: a name of the IANA database, or what was probably meant by something else.
//!
//! Must never guess by spelling alone: `CST` is one letter away from `CET` and seven hours.

use std::ops::Range;

use jiff::tz::TimeZone;

use super::zone_names::{CHINA, OTHER_NAMES};
use super::{Checker, quoted};
use crate::analysis::typography;
use crate::config::document::At;
use crate::config::suggest;
use crate::text::config::{did_you_mean, of, section};
use crate::text::{Sentence, Words, config_site as text};

impl Checker<'_, '_> {
    pub(super) fn time_zone(&mut self, field: &At<String>) -> Option<TimeZone> {
        let At { value, span } = field;
        let Ok(zone) = TimeZone::get(value.trim()) else {
            let what = of(section("site"), text::unknown_time_zone(quoted(value)));
            self.report.error(span, what).hint(hint_for(value));
            return None;
        };
        self.sign_is_meant(value.trim(), span);
        Some(zone)
    }

    /// `Etc/GMT+8` lies eight hours *behind* Greenwich: POSIX counts westwards, nobody else does.
    fn sign_is_meant(&mut self, name: &str, span: &Range<usize>) {
        let Some(hours) = name.strip_prefix("Etc/GMT+").filter(|hours| *hours != "0") else { return };
        let meant = match hours {
            "8" => Words::from(format!("`{CHINA}`")),
            hours => text::or_a_city(format!("Etc/GMT-{hours}")).into(),
        };
        self.report
            .warning(span, of(section("site"), text::behind_utc(name, hours)))
            .hint(text::sign_turned_round(hours, meant));
    }
}

fn hint_for(typed: &str) -> Sentence {
    let plain: String = typed
        .chars()
        .map(|c| typography::plain(c).unwrap_or(c))
        .filter(|c| !c.is_whitespace() && !typography::is_invisible(*c))
        .collect::<String>()
        .to_lowercase();
    if let Some(offset) = offset_of(&plain) {
        return match offset {
            "8" => text::zone_for_offset(CHINA),
            _ => text::offset_is_no_zone(CHINA),
        };
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let meant = other_name(&plain).or_else(|| by_spelling(&plain, &names));
    meant.map_or_else(|| text::zone_names(CHINA, "Europe/Berlin"), did_you_mean)
}

/// The hours that `utc+8`, `gmt+08:00` or `+0800` lies ahead; empty for any other offset.
fn offset_of(plain: &str) -> Option<&str> {
    let offset = ["etc/utc", "etc/gmt", "utc", "gmt", "z"]
        .iter()
        .find_map(|prefix| plain.strip_prefix(prefix))
        .unwrap_or(plain);
    let (ahead, digits) = match (offset.strip_prefix('+'), offset.strip_prefix('-')) {
        (Some(digits), _) => (true, digits),
        (None, Some(digits)) => (false, digits),
        // `UTC8`
        (None, None) if offset.len() < plain.len() => (true, offset),
        (None, None) => return None,
    };
    if digits.is_empty() || !digits.chars().all(|c| c.is_ascii_digit() || c == ':') {
        return None;
    }
    let is_eight = matches!(digits, "8" | "08" | "8:00" | "08:00" | "0800" | "800");
    Some(if ahead && is_eight { "8" } else { "" })
}

/// By one of the other names, also where it stands behind a continent: `asia/beijing`.
fn other_name(plain: &str) -> Option<&'static str> {
    let city = plain.rsplit('/').next().unwrap_or(plain);
    let named = |wanted: &str| OTHER_NAMES.iter().find(|(name, _)| *name == wanted).map(|(_, zone)| *zone);
    named(plain).or_else(|| named(city))
}

/// By a slip in a real name, or in one of the other names of a city. Abbreviations are not compared.
fn by_spelling<'n>(plain: &str, names: &'n [String]) -> Option<&'n str> {
    let city = plain.rsplit('/').next().unwrap_or(plain);
    let city_of = |name: &'n str| name.rsplit('/').next().unwrap_or(name);
    let exactly = names.iter().map(String::as_str).find(|name| city_of(name).eq_ignore_ascii_case(city));
    if exactly.is_some() || city.chars().count() < 5 {
        return exactly;
    }
    let others: Vec<String> = OTHER_NAMES
        .iter()
        .filter(|(name, _)| name.is_ascii() && name.len() > 5)
        .map(|(name, _)| format!("asia/{name}"))
        .collect();
    let candidates = names.iter().filter(|name| name.contains('/')).map(String::as_str);
    let candidates = candidates.chain(others.iter().map(String::as_str));
    let typed = if plain.contains('/') { plain.to_owned() } else { format!("asia/{plain}") };
    let near = suggest::nearest(&typed, candidates)?;
    let near = other_name(&near.to_lowercase()).unwrap_or(near);
    names.iter().map(String::as_str).find(|name| *name == near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_for_beijing_time_is_answered_with_its_zone() {
        for typed in [
            "CST",
            "ＣＳＴ",
            "BJT",
            "UTC+8",
            "UTC+08:00",
            "utc +8",
            "UTC8",
            "GMT+8",
            "GMT+08:00",
            "+08:00",
            "+8",
            "ＵＴＣ＋８",
            "Beijing",
            "Asia/Beijing",
            "Asia/Bejing",
            "China",
            "China/Beijing",
            "China Standard Time",
            "Shanghai",
            "asia/shangai",
            "Asia/Guangzhou",
            "Asia/Kunming",
            "Chongqing",
            "北京时间",
            "东八区",
            "北京",
            "亚洲/上海",
        ] {
            let hint = hint_for(typed).to_string();
            assert!(hint.starts_with("did you mean `Asia/Shanghai`?"), "{typed}: {hint}");
        }
    }

    #[test]
    fn no_other_offset_or_abbreviation_is_answered_with_a_zone_of_like_spelling() {
        for (typed, said) in [
            ("UTC-8", "an offset is no time zone"),
            ("GMT+9", "an offset is no time zone"),
            ("UTC+5:30", "an offset is no time zone"),
            ("AEST", "names of the IANA database"),
            ("XYZ", "names of the IANA database"),
            ("JST", "did you mean `Asia/Tokyo`?"),
            ("CEST", "did you mean `Europe/Berlin`?"),
            ("Berlin", "did you mean `Europe/Berlin`?"),
            ("Europe/Belin", "did you mean `Europe/Berlin`?"),
            ("Amercia/New_York", "did you mean `America/New_York`?"),
            ("", "names of the IANA database"),
        ] {
            let hint = hint_for(typed).to_string();
            assert!(hint.starts_with(said), "{typed}: {hint}");
        }
    }

    #[test]
    fn every_zone_that_is_suggested_is_one() {
        for (typed, zone) in OTHER_NAMES {
            assert!(TimeZone::get(zone).is_ok(), "{typed}: {zone}");
            assert_eq!(typed, typed.to_lowercase(), "compared in lower case");
        }
    }
}
