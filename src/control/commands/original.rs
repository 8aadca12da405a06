//! `original`: a sealed original of an alert's picture.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::running_box::RunningBox;
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::patterns;
use crate::contract::signature::Role;
use crate::evidence::NoOriginal;
use crate::text::{Sentences, sentences};

sentences! {
    message {
        original():
            "Asks for the sealed original of an alert's picture, at most twelve an hour.",
            "要一条预警某张图片的加封原图，每小时至多十二张";
    }
    command {
        originals_an_hour(most):
            "{most} originals were asked for within an hour, which is the most",
            "一小时内已索取 {most} 张原图，达到上限";
    }
}

/// So many originals may be asked for within [`WITHIN`], found or not. A guess: one incident has a few pictures.
const AT_MOST: usize = 12;
const WITHIN: Duration = Duration::from_secs(3600);

/// `down/cmd/original`: a picture of an alert as the camera gave it, sealed so that only the holder of the centre's own
/// key can open it. Requires a `reason` and the role `operator`; only where originals are kept, and as long as they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OriginalData {
    /// Which alert.
    #[schemars(length(min = 26, max = 26), regex(pattern = patterns::ULID))]
    pub alert_id: String,
    /// Which of its pictures: the `id` in the alert's `evidence`.
    #[schemars(range(min = 1))]
    pub n: u32,
}

impl CommandData for OriginalData {
    const MESSAGE: Message = Message::bare::<Command<OriginalData>>(
        "down/cmd/original",
        || example("operator 1", OriginalData { alert_id: examples::ALERT.to_owned(), n: 1 }),
        message::original,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Operator;
    const NEEDS_REASON: bool = true;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Later(hand_out);
}

/// When originals, or texts, were asked for in the last hour, on the monotonic clock. Who came by a key must not be able to empty the
/// archive in a night.
#[derive(Debug, Default)]
pub struct Requests(Vec<Duration>);

impl Requests {
    /// Takes one more; `false` if there are `most` within the hour.
    pub(super) fn take(&mut self, now: Duration, most: usize) -> bool {
        self.0.retain(|at| now.saturating_sub(*at) < WITHIN);
        let has_room = self.0.len() < most;
        if has_room {
            self.0.push(now);
        }
        has_room
    }
}

fn hand_out(data: OriginalData, _: &CommandEnvelope, at: &mut dyn RunningBox, answering: Answering) {
    if at.config().evidence.originals.is_none() || !at.config().evidence.enabled {
        return answering(Answer::refused(Refusal::Invalid, NoOriginal::NotKept.sentence()));
    }
    let now = at.now().mono;
    if !at.original_requests().take(now, AT_MOST) {
        return answering(Answer::refused(Refusal::Busy, command::originals_an_hour(AT_MOST)));
    }
    at.original(data, Box::new(move |made| answering(made.map_or_else(no_original, Answer::original))));
}

fn no_original(why: NoOriginal) -> Answer {
    let code = match &why {
        NoOriginal::NotKept => Refusal::Invalid,
        NoOriginal::Unknown => Refusal::UnknownAlert,
        NoOriginal::Over { .. } => Refusal::Unavailable,
        NoOriginal::Unreadable(_) => return Answer::failed(why.sentence()),
    };
    Answer::refused(code, why.sentence())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_flood_of_requests_twelve_an_hour_are_taken() {
        let mut requests = Requests::default();
        let minute = Duration::from_secs(60);
        let taken = (0..120).filter(|n| requests.take(minute * *n, AT_MOST)).count();
        assert_eq!(taken, 2 * AT_MOST, "in two hours");
    }
}
