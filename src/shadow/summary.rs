//! [`Summary`]: a shadow and what it found so far, for whoever shows it: `lookout shadow`, the page, `up/shadow`.

use serde::{Deserialize, Serialize};

use super::{Found, ShownDifference, Stored};
use crate::contract::shadow::{ShadowCounts, ShadowData, ShadowEnd, ShadowEnding, ShadowRevision};
use crate::contract::words::Time;
use crate::text::{Sentence, Words, shadow as say};
use crate::types::language::Language;

/// What is said, for readers of either language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Both {
    pub(crate) en: String,
    pub(crate) zh: String,
}

impl Both {
    /// Of what is said.
    pub(crate) fn of(words: &Words) -> Self {
        Both { en: words.in_language(Language::English), zh: words.in_language(Language::Chinese) }
    }

    /// For one of them.
    pub(crate) fn in_language(&self, language: Language) -> &str {
        match language {
            Language::English => &self.en,
            Language::Chinese => &self.zh,
        }
    }
}

/// Why a shadow judges no more, in words.
pub(crate) fn ending_words(why: ShadowEnding) -> Sentence {
    match why {
        ShadowEnding::Stopped => say::was_stopped(),
        ShadowEnding::TimeIsOver => say::time_is_over(),
        ShadowEnding::Runs => say::runs_now(),
        ShadowEnding::Replaced => say::was_replaced(),
        ShadowEnding::Failed => say::failed(),
    }
}

/// See the module. It stays when the shadow has ended, until another one begins.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Summary {
    /// The file, or what the command centre calls it.
    pub(crate) name: String,
    pub(crate) sha256: String,
    /// Who let it judge.
    pub(crate) by: String,
    pub(crate) since: Time,
    /// When it ends by itself at the latest.
    pub(crate) until: Time,
    /// How it ended; none while it judges.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<ShadowEnd>,
    /// Up to when it has judged.
    pub(crate) at: Time,
    pub(crate) counts: ShadowCounts,
    /// The latest, in order of time.
    pub(crate) differences: Vec<ShownDifference>,
    /// What it cannot say.
    pub(crate) limits: Vec<Both>,
    /// The latest revisions.
    pub(crate) revisions: Vec<ShadowRevision>,
}

impl Summary {
    /// Of a shadow that judges.
    pub(crate) fn of(stored: &Stored, limits: &[Sentence], found: &Found) -> Self {
        Summary {
            name: stored.name.clone(),
            sha256: stored.sha256.clone(),
            by: stored.by.clone(),
            since: stored.since,
            until: stored.until,
            ended: None,
            // The first that it is given is what was before it began.
            at: found.at.filter(|at| at.0 > stored.since.0).unwrap_or(stored.since),
            counts: found.counts,
            differences: found.differences.clone(),
            limits: limits.iter().map(|limit| Both::of(&limit.clone().into())).collect(),
            revisions: found.revisions.iter().cloned().collect(),
        }
    }

    /// Whether another one says the same, as of another time.
    pub(crate) fn is_same_but_for_time(&self, other: &Summary) -> bool {
        *self == Summary { at: self.at, ..other.clone() }
    }

    /// Whether it judges.
    pub(crate) fn is_running(&self) -> bool {
        self.ended.is_none()
    }

    /// As it is published.
    pub(crate) fn message(&self) -> ShadowData {
        ShadowData {
            config_sha256: self.sha256.clone(),
            since: self.since,
            until: self.until,
            by: self.by.clone(),
            ended: self.ended.clone(),
            counts: self.counts,
            revisions: self.revisions.clone(),
            omitted: 0,
        }
    }
}
