//! Texts that come in parts, because they do not fit into one message: put together here, bounded in memory and time. Pure.
//!
//! Each part is signed and names the digest of the whole, and so does the command that uses the text. Must never give out
//! a text whose digest is another one, nor to anybody but the holder of the key that signed its parts.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::text::{Sentence, command as say};
use crate::types::hex::sha256_hex;

/// Maximum bytes of a whole text. A thousand cameras with ten zones each.
pub(crate) const MOST_BYTES: usize = 2 * 1024 * 1024;
/// Maximum number of parts of one.
pub(crate) const MOST_PARTS: u32 = 256;
/// Texts that are put together at once; one more of the same key takes the place of its oldest.
const AT_ONCE: usize = 2;
/// Time after its last new part at which a text is forgotten.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// What is being put together, on the monotonic clock.
#[derive(Debug, Default)]
pub struct Transfers(Vec<Transfer>);

#[derive(Debug)]
struct Transfer {
    key: Option<Arc<str>>,
    id: String,
    sha256: String,
    total: u32,
    parts: BTreeMap<u32, String>,
    last: Duration,
}

/// A received part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedPart {
    /// The key of its signature.
    pub key: Option<Arc<str>>,
    /// Which transfer.
    pub id: String,
    /// Its number, from 1.
    pub index: u32,
    /// How many there are.
    pub total: u32,
    /// Digest of the whole text.
    pub sha256: String,
    /// The part itself.
    pub text: String,
}

/// The outcome of taking a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartTaken {
    /// This many of all parts are here.
    Parts(u32, u32),
    /// It was here before.
    Known(u32, u32),
    /// All are here, and their digest is right.
    Whole,
}

/// Why a part or a text is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransferError {
    /// The number of the part, or of all of them, cannot be.
    Count {
        /// The number of the part.
        index: u32,
        /// The number of all parts.
        total: u32,
    },
    /// It says something else than the other parts.
    Mixed(&'static str),
    /// It is too large; the transfer is forgotten.
    TooLarge,
    /// All parts are here and are not what was meant; the transfer is forgotten.
    Digest(String),
    /// Other keys use all slots for transfers.
    TooMany,
    /// The text is not here.
    Unknown(String),
    /// It is not whole.
    Missing {
        /// Their numbers, the first few.
        missing: String,
        /// The number of all parts.
        total: u32,
    },
}

impl TransferError {
    /// For people.
    pub fn sentence(&self) -> Sentence {
        match self {
            TransferError::Count { index, total } => say::part_count(*index, *total, MOST_PARTS),
            TransferError::Mixed(field) => say::part_differs(*field),
            TransferError::TooLarge => say::text_too_large(MOST_BYTES),
            TransferError::Digest(sha256) => say::other_digest(sha256),
            TransferError::TooMany => say::too_many_transfers(AT_ONCE),
            TransferError::Unknown(id) => say::no_transfer(id),
            TransferError::Missing { missing, total } => say::parts_missing(*total, missing),
        }
    }
}

/// In English.
impl fmt::Display for TransferError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence().fmt(f)
    }
}

impl std::error::Error for TransferError {}

impl Transfers {
    /// Takes a part, in any order.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn add(&mut self, part: ReceivedPart, now: Duration) -> Result<PartTaken, TransferError> {
        self.forget_old(now);
        let ReceivedPart { key, id, index, total, sha256, text } = part;
        if index == 0 || index > total || total > MOST_PARTS {
            return Err(TransferError::Count { index, total });
        }
        let known = self.0.iter().position(|transfer| transfer.key == key && transfer.id == id);
        let at = match known {
            Some(at) => at,
            None => {
                if self.0.len() >= AT_ONCE {
                    self.forget_oldest_of(key.as_deref())?;
                }
                self.0.push(Transfer {
                    key,
                    id,
                    sha256: sha256.clone(),
                    total,
                    parts: BTreeMap::new(),
                    last: now,
                });
                self.0.len() - 1
            }
        };
        let transfer = &mut self.0[at];
        if transfer.sha256 != sha256 {
            return Err(TransferError::Mixed("sha256"));
        }
        if transfer.total != total {
            return Err(TransferError::Mixed("total"));
        }
        if let Some(before) = transfer.parts.get(&index) {
            let is_same = *before == text;
            return if is_same { Ok(transfer.known()) } else { Err(TransferError::Mixed("text")) };
        }
        if transfer.bytes() + text.len() > MOST_BYTES {
            self.0.remove(at);
            return Err(TransferError::TooLarge);
        }
        transfer.last = now;
        transfer.parts.insert(index, text);
        if transfer.count() < total {
            return Ok(PartTaken::Parts(transfer.count(), total));
        }
        let digest = sha256_hex(transfer.text().as_bytes());
        if digest != transfer.sha256 {
            self.0.remove(at);
            return Err(TransferError::Digest(digest));
        }
        Ok(PartTaken::Whole)
    }

    /// The whole text of a transfer. It stays until it is [used](Transfers::forget) or forgotten.
    ///
    /// # Errors
    /// Why it is not here.
    pub fn text(
        &mut self,
        key: Option<&str>,
        id: &str,
        sha256: &str,
        now: Duration,
    ) -> Result<String, TransferError> {
        self.forget_old(now);
        let found = self.0.iter().find(|transfer| transfer.key.as_deref() == key && transfer.id == id);
        let transfer = found.ok_or_else(|| TransferError::Unknown(id.to_owned()))?;
        if transfer.sha256 != sha256 {
            return Err(TransferError::Mixed("sha256"));
        }
        let total = transfer.total;
        let missing: Vec<String> =
            (1..=total).filter(|n| !transfer.parts.contains_key(n)).take(10).map(|n| n.to_string()).collect();
        if missing.is_empty() {
            Ok(transfer.text())
        } else {
            Err(TransferError::Missing { missing: missing.join(", "), total })
        }
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Makes room for one more transfer of this key.
    fn forget_oldest_of(&mut self, key: Option<&str>) -> Result<(), TransferError> {
        let of_key = self.0.iter().enumerate().filter(|(_, transfer)| transfer.key.as_deref() == key);
        let (oldest, _) = of_key.min_by_key(|(_, transfer)| transfer.last).ok_or(TransferError::TooMany)?;
        self.0.remove(oldest);
        Ok(())
    }

    /// The text was used: judged, whatever came of it.
    pub fn forget(&mut self, key: Option<&str>, id: &str) {
        self.0.retain(|transfer| transfer.key.as_deref() != key || transfer.id != id);
    }

    fn forget_old(&mut self, now: Duration) {
        self.0.retain(|transfer| now.saturating_sub(transfer.last) < PATIENCE);
    }
}

impl Transfer {
    fn bytes(&self) -> usize {
        self.parts.values().map(String::len).sum()
    }

    fn count(&self) -> u32 {
        u32::try_from(self.parts.len()).unwrap_or(u32::MAX)
    }

    fn known(&self) -> PartTaken {
        PartTaken::Known(self.count(), self.total)
    }

    fn text(&self) -> String {
        self.parts.values().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1000);

    fn part(id: &str, index: u32, whole: &[&str]) -> ReceivedPart {
        ReceivedPart {
            key: Some("admin-1".into()),
            id: id.to_owned(),
            index,
            total: u32::try_from(whole.len()).unwrap(),
            sha256: sha256_hex(whole.concat().as_bytes()),
            text: whole[index as usize - 1].to_owned(),
        }
    }

    fn text(transfers: &mut Transfers, id: &str, whole: &[&str]) -> Result<String, TransferError> {
        transfers.text(Some("admin-1"), id, &sha256_hex(whole.concat().as_bytes()), NOW)
    }

    #[test]
    fn parts_come_in_any_order_and_twice_and_those_of_two_transfers_mixed() {
        let (one, other) = (["a", "好", "c"], ["x", "y"]);
        let mut transfers = Transfers::default();
        assert_eq!(transfers.add(part("1", 3, &one), NOW), Ok(PartTaken::Parts(1, 3)));
        assert_eq!(transfers.add(part("2", 2, &other), NOW), Ok(PartTaken::Parts(1, 2)));
        assert_eq!(transfers.add(part("1", 3, &one), NOW), Ok(PartTaken::Known(1, 3)));
        assert_eq!(transfers.add(part("1", 1, &one), NOW), Ok(PartTaken::Parts(2, 3)));
        let missing = TransferError::Missing { missing: "2".to_owned(), total: 3 };
        assert_eq!(text(&mut transfers, "1", &one), Err(missing));
        assert_eq!(transfers.add(part("2", 1, &other), NOW), Ok(PartTaken::Whole));
        assert_eq!(transfers.add(part("1", 2, &one), NOW), Ok(PartTaken::Whole));
        assert_eq!(text(&mut transfers, "1", &one).as_deref(), Ok("a好c"));
        assert_eq!(text(&mut transfers, "2", &other).as_deref(), Ok("xy"));
        assert_eq!(text(&mut transfers, "2", &one), Err(TransferError::Mixed("sha256")));
        transfers.forget(Some("admin-1"), "1");
        assert_eq!(text(&mut transfers, "1", &one), Err(TransferError::Unknown("1".to_owned())));
    }

    #[test]
    fn parts_that_do_not_belong_together_are_refused_and_the_others_stay() {
        let whole = ["a", "b"];
        let mut transfers = Transfers::default();
        transfers.add(part("1", 1, &whole), NOW).unwrap();
        type Change = fn(&mut ReceivedPart);
        let wrong = |change: Change| {
            let mut wrong = part("1", 2, &whole);
            change(&mut wrong);
            wrong
        };
        let cases: [(Change, TransferError); 5] = [
            (|part| part.index = 0, TransferError::Count { index: 0, total: 2 }),
            (|part| part.index = 3, TransferError::Count { index: 3, total: 2 }),
            (|part| part.total = 3, TransferError::Mixed("total")),
            (|part| part.sha256 = sha256_hex(b"ac"), TransferError::Mixed("sha256")),
            (|part| part.index = 1, TransferError::Mixed("text")),
        ];
        for (change, error) in cases {
            assert_eq!(transfers.add(wrong(change), NOW), Err(error));
        }
        assert_eq!(transfers.add(part("1", 2, &whole), NOW), Ok(PartTaken::Whole));
    }

    #[test]
    fn nobody_uses_what_another_key_sent_or_what_has_another_digest() {
        let whole = ["a", "b"];
        let mut transfers = Transfers::default();
        transfers.add(part("1", 1, &whole), NOW).unwrap();
        let digest = sha256_hex(b"ab");
        let foreign = transfers.text(Some("admin-2"), "1", &digest, NOW);
        assert_eq!(foreign, Err(TransferError::Unknown("1".to_owned())));
        let changed = ReceivedPart { text: "B".to_owned(), ..part("1", 2, &whole) };
        assert_eq!(transfers.add(changed, NOW), Err(TransferError::Digest(sha256_hex(b"aB"))));
        assert_eq!(text(&mut transfers, "1", &whole), Err(TransferError::Unknown("1".to_owned())));
    }

    #[test]
    fn memory_and_time_are_bounded() {
        let mut transfers = Transfers::default();
        let half = "x".repeat(MOST_BYTES / 2 + 1);
        let whole = [half.as_str(), half.as_str()];
        transfers.add(part("large", 1, &whole), NOW).unwrap();
        assert_eq!(transfers.add(part("large", 2, &whole), NOW), Err(TransferError::TooLarge));
        let many = ReceivedPart { total: MOST_PARTS + 1, ..part("many", 1, &["a", "b"]) };
        assert!(matches!(transfers.add(many, NOW), Err(TransferError::Count { .. })));
        transfers.add(part("1", 1, &["a", "b"]), NOW).unwrap();
        transfers.add(part("2", 1, &["a", "b"]), NOW).unwrap();
        let of_another = || ReceivedPart { key: Some("admin-2".into()), ..part("3", 1, &["a", "b"]) };
        assert_eq!(transfers.add(of_another(), NOW), Err(TransferError::TooMany));
        let later = NOW + PATIENCE;
        assert_eq!(transfers.add(of_another(), later), Ok(PartTaken::Parts(1, 2)));
        assert_eq!(transfers.0.len(), 1, "the others are forgotten");
    }

    #[test]
    fn a_part_that_was_here_before_keeps_no_transfer_alive() {
        let (mut transfers, whole) = (Transfers::default(), ["a", "b"]);
        transfers.add(part("1", 1, &whole), NOW).unwrap();
        let later = NOW + PATIENCE / 2;
        assert_eq!(transfers.add(part("1", 1, &whole), later), Ok(PartTaken::Known(1, 2)));
        assert_eq!(transfers.add(part("1", 2, &whole), NOW + PATIENCE), Ok(PartTaken::Parts(1, 2)));
    }

    #[test]
    fn one_more_of_the_same_key_takes_the_place_of_its_oldest() {
        let (mut transfers, whole) = (Transfers::default(), ["a", "b"]);
        let later = |secs: u64| NOW + Duration::from_secs(secs);
        transfers.add(part("1", 1, &whole), NOW).unwrap();
        transfers.add(part("2", 1, &whole), later(1)).unwrap();
        assert_eq!(transfers.add(part("3", 1, &whole), later(2)), Ok(PartTaken::Parts(1, 2)));
        assert_eq!(text(&mut transfers, "1", &whole), Err(TransferError::Unknown("1".to_owned())));
        assert_eq!(transfers.add(part("2", 2, &whole), later(3)), Ok(PartTaken::Whole));
        assert_eq!(transfers.add(part("3", 2, &whole), later(3)), Ok(PartTaken::Whole));
    }
}
