//! "Did you mean": the nearest of the names that would have been right.

use crate::analysis::typography;
use crate::text::{Joint, MOST_SHOWN, Sentence, Words, config};

/// Maximum number of names of a list that are shown.
pub(super) const MOST_LISTED: usize = MOST_SHOWN;

/// The candidate that is near enough to `typed` to be what was meant; the first of equally near ones.
pub(crate) fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let typed: String = typed.chars().map(|c| typography::plain(c).unwrap_or(c)).collect();
    let typed = typed.to_lowercase();
    let length = typed.chars().count();
    // One slip in a short word, two in a longer one, three in a long one.
    let allowed = match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let lower = candidate.to_lowercase();
        let mut distance = edit_distance(&typed, &lower);
        // `fps` for `analysis_fps`, `zone_id` for `zone`.
        let part = length >= 3 && lower.len() >= 3 && (lower.contains(&typed) || typed.contains(&lower));
        if part || typed.replace('-', "_") == lower.replace('-', "_") {
            distance = distance.min(allowed);
        }
        if distance <= allowed && best.is_none_or(|(d, _)| distance < d) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// The name that somebody chose and probably meant: with twice as many slips as a name of ours may have, where it is the
/// only such one and begins alike (`lain` for `lane`).
pub(super) fn nearest_id<'a>(typed: &str, ids: &[&'a str]) -> Option<&'a str> {
    let most = typed.chars().count() / 2;
    let is_alike = |id: &&&str| {
        let (typed, id) = (typed.to_lowercase(), id.to_lowercase());
        typed.chars().next() == id.chars().next() && edit_distance(&typed, &id) <= most
    };
    nearest(typed, ids.iter().copied()).or_else(|| {
        let mut alike = ids.iter().filter(is_alike);
        alike.next().copied().filter(|_| alike.next().is_none())
    })
}

/// `` did you mean `zone`? ``, or what there is to choose from.
pub(super) fn hint<'a>(
    typed: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    there_are: impl FnOnce(Words) -> Sentence,
) -> Option<Words> {
    let candidates: Vec<&str> = candidates.into_iter().collect();
    if let Some(nearest) = nearest(typed, candidates.iter().copied()) {
        return Some(config::did_you_mean(nearest).into());
    }
    (!candidates.is_empty()).then(|| there_are(listed(&candidates)).into())
}

/// The names, those first that are most like what was typed: with the fewest slips, and what begins alike before the rest.
pub(super) fn likeliest_first<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let typed = typed.to_lowercase();
    let unlike = |name: &&str| {
        let begins_alike = typed.chars().zip(name.chars()).take_while(|(one, other)| one == other).count();
        // A letter at the beginning says more than one somewhere.
        (edit_distance(&typed, name) + 64).saturating_sub(2 * begins_alike)
    };
    let mut names: Vec<&str> = names.into_iter().collect();
    names.sort_by_key(unlike);
    names
}

/// `` `a`, `b` and `c` ``, however many they are.
pub(super) fn all(names: &[&str]) -> Words {
    joined(names, Joint::And)
}

/// As [`all`], one of which is to be chosen.
pub(super) fn one_of_all(names: &[&str]) -> Words {
    joined(names, Joint::Or)
}

/// `` `a`, `b`, `c` ``, without a word before the last.
pub(super) fn row(names: &[&str]) -> Words {
    joined(names, Joint::Row)
}

/// `` `a`, `b` and `c` ``; at most [`MOST_LISTED`] are shown.
pub(super) fn listed(names: &[&str]) -> Words {
    joined(names, Joint::AndMore)
}

/// `` `a`, `b` or `c` ``; at most twelve are shown.
pub(super) fn one_of(names: &[&str]) -> Words {
    joined(names, Joint::OrMore)
}

fn joined(names: &[&str], joint: Joint) -> Words {
    Words::List(names.iter().map(|name| format!("`{name}`").into()).collect(), joint)
}

/// Damerau-Levenshtein distance (optimal string alignment): insert, delete, replace, swap neighbours.
fn edit_distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().take(64).collect();
    let b: Vec<char> = b.chars().take(64).collect();
    let mut before_last: Vec<usize> = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before_last[j - 2] + 1);
            }
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::language::Language;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let fields = ["zone", "cameras", "schedule", "analysis_fps"];
        assert_eq!(nearest("zoen", fields), Some("zone"));
        assert_eq!(nearest("camera", fields), Some("cameras"));
        assert_eq!(nearest("fps", fields), Some("analysis_fps"));
        assert_eq!(nearest("analysis-fps", fields), Some("analysis_fps"));
        assert_eq!(nearest("ｚｏｎｅ", fields), Some("zone"));
        assert_eq!(nearest("colour", fields), None);
        assert_eq!(nearest("", fields), None);
    }

    #[test]
    fn a_name_that_somebody_chose_is_found_with_more_slips_where_there_is_one_like_it() {
        assert_eq!(nearest_id("lain", &["lane", "gate"]), Some("lane"));
        assert_eq!(nearest_id("lain", &["lane", "land"]), None, "either may be meant");
        assert_eq!(nearest_id("lanes", &["lane", "land"]), Some("lane"));
        assert_eq!(nearest_id("gate", &["lane"]), None);
        assert_eq!(nearest_id("", &["lane"]), None);
    }

    #[test]
    fn what_begins_alike_and_has_the_fewest_slips_comes_first() {
        let names = ["id", "cameras", "schedule", "hold_secs", "cooldown_secs"];
        assert_eq!(likeliest_first("schedul_hours", names)[0], "schedule");
        assert_eq!(likeliest_first("cool_down_time", names)[0], "cooldown_secs");
        assert_eq!(likeliest_first("hold_time", names)[0], "hold_secs");
        assert_eq!(likeliest_first("x", names).len(), names.len());
    }

    #[test]
    fn a_list_reads_like_a_sentence() {
        let rendered =
            |names: Words| [Language::English, Language::Chinese].map(|language| names.in_language(language));
        assert_eq!(rendered(listed(&["a"])), ["`a`", "`a`"]);
        assert_eq!(rendered(listed(&["a", "b", "c"])), ["`a`, `b` and `c`", "`a`、`b` 和 `c`"]);
        assert_eq!(rendered(one_of(&["a", "b"])), ["`a` or `b`", "`a` 或 `b`"]);
        let many = ["x"; 14];
        let [english, chinese] = rendered(listed(&many));
        assert!(english.ends_with("`x` and 2 more"), "{english}");
        assert!(chinese.ends_with("`x` 和另外 2 个"), "{chinese}");
    }
}
