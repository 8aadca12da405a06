//! `part`: one part of a text that does not fit into one message.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::answer::Answer;
use super::super::envelope::{Command, CommandEnvelope, name};
use super::super::fields::{self, Faults};
use super::super::running_box::RunningBox;
use super::super::transfers::{PartTaken, ReceivedPart, TransferError};
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::signature::Role;
use crate::text::{Sentences, command as say, sentences};
use crate::types::hex::digest_from_hex;

sentences! {
    message {
        part():
            "A part of a configuration that does not fit into one message.",
            "上传整份配置的一个分片；配置超过一条消息时使用";
    }
    command {
        parts_here(here, total):
            "{here} of {total} parts are here",
            "已收到 {here} 片，共 {total} 片";
        part_known(parts):
            "this part was here before; {parts}",
            "这一片先前已收到；{parts}";
        parts_whole():
            "all parts are here, and their digest is right",
            "所有分片已到齐，摘要相符";
    }
}

/// `down/cmd/part`: a part of a configuration that does not fit into one message. Parts come in any order; a message may
/// have 64 KiB as it is sent, signature and all, so about 32 KiB of text. When all are there, `down/config` names them by
/// `transfer` in place of `toml`. At most 2 MiB in 256 parts, two transfers at once, of which one more of the same
/// key replaces its oldest; a transfer is forgotten when its text was judged, a quarter of an hour after its last part, and in a
/// restart. Then the same signed parts may be sent again as long as their `exp` allows; a box whose clock was never set takes
/// them only signed anew, with a higher `counter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct UploadPartData {
    /// Chosen by the centre: the same for all parts of one text, and another one for the next.
    #[schemars(length(min = 1, max = 128))]
    pub transfer: String,
    /// The number of this part, from 1.
    #[schemars(range(min = 1, max = 256))]
    pub index: u32,
    /// How many parts there are.
    #[schemars(range(min = 1, max = 256))]
    pub total: u32,
    /// SHA-256 of the whole text in UTF-8, hexadecimal.
    #[schemars(length(min = 64, max = 64))]
    pub sha256: String,
    /// This part of the text.
    pub text: String,
}

impl CommandData for UploadPartData {
    const MESSAGE: Message = Message::bare::<Command<UploadPartData>>(
        "down/cmd/part",
        || example("admin 1", an_example()),
        message::part,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Admin;
    const NEEDS_REASON: bool = false;
    // A restart forgets what came, so the same parts must count again.
    const REPLAY: Replay = Replay::Harmless;
    const HANDLER: Handler<Self> = Handler::Now(take);

    fn read(data: &Value) -> Result<Self, Faults> {
        let part: Self = fields::read(data)?;
        let nameless = name(data, "transfer").err();
        let digestless = digest_from_hex(&part.sha256).is_none().then(|| say::no_digest("sha256"));
        let faults: Faults = nameless.into_iter().chain(digestless).collect();
        if faults.is_empty() {
            Ok(UploadPartData { sha256: part.sha256.to_lowercase(), ..part })
        } else {
            Err(faults)
        }
    }

    /// The text is kept while it runs.
    fn logged(&self) -> Option<Value> {
        Some(serde_json::json!({ "transfer": self.transfer, "index": self.index, "total": self.total,
            "sha256": self.sha256, "bytes": self.text.len() }))
    }
}

fn an_example() -> UploadPartData {
    UploadPartData {
        transfer: "config-8".to_owned(),
        index: 1,
        total: 3,
        sha256: examples::SHA256.to_owned(),
        text: "[site]\nbox = \"box-7f3a\"\narea = \"530127\"\n...".to_owned(),
    }
}

fn take(data: UploadPartData, envelope: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    let now = at.now().mono;
    let UploadPartData { transfer: id, index, total, sha256, text } = data;
    let key = envelope.signer.as_ref().map(|signer| signer.key.clone());
    match at.transfers().add(ReceivedPart { key, id, index, total, sha256, text }, now) {
        Ok(PartTaken::Parts(here, total)) => Answer::done_with(command::parts_here(here, total)),
        Ok(PartTaken::Known(here, total)) => {
            Answer::already(command::part_known(command::parts_here(here, total)))
        }
        Ok(PartTaken::Whole) => Answer::done_with(command::parts_whole()),
        Err(error) => not_taken(&error),
    }
}

/// The answer where a text, or a part of it, cannot be used.
pub(super) fn not_taken(error: &TransferError) -> Answer {
    let code = match error {
        TransferError::Count { .. } | TransferError::TooLarge | TransferError::Digest(_) => Refusal::Invalid,
        TransferError::Mixed(_) => Refusal::Conflict,
        TransferError::TooMany => Refusal::Busy,
        TransferError::Unknown(_) | TransferError::Missing { .. } => Refusal::Unavailable,
    };
    Answer::refused(code, error.sentence())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::test_box::TestBox;
    use super::*;
    use crate::contract::command::Outcome;
    use crate::types::hex::sha256_hex;

    #[test]
    fn a_configuration_that_comes_in_parts_is_judged_like_one_that_comes_whole() {
        let mut here = TestBox::new();
        let running = here.config.sha256.clone();
        // No key: as a whole it is refused for that.
        let text = here.file.text().to_owned();
        let (first, second) = text.split_at(text.find("[[camera]]").unwrap());
        let digest = sha256_hex(text.as_bytes());
        let part = |index: u32, text: &str| json!({ "transfer": "t", "index": index, "total": 2, "sha256": digest, "text": text });
        let wanted =
            json!({ "version": 1, "transfer": { "id": "t", "sha256": digest }, "expect_config": running });
        let early = here.ask("config", Role::Admin, &wanted);
        assert_eq!(early.code, Some(Refusal::Unavailable), "{early:?}");
        assert_eq!(here.ask("part", Role::Admin, &part(2, second)).outcome, Outcome::Done);
        let half = here.ask("config", Role::Admin, &wanted);
        assert!(half.message.unwrap().to_string().contains("missing: 1"));
        assert_eq!(here.ask("part", Role::Admin, &part(2, second)).outcome, Outcome::Already);
        assert_eq!(here.ask("part", Role::Admin, &part(2, first)).code, Some(Refusal::Conflict));
        assert_eq!(here.ask("part", Role::Admin, &part(1, first)).outcome, Outcome::Done);
        let judged = here.ask("config", Role::Admin, &wanted);
        assert_eq!(judged.code, Some(Refusal::Invalid), "{judged:?}");
        assert!(here.refused[0].contains("`[[command_key]]`"), "{:?}", here.refused);
        assert!(here.transfers.is_empty(), "what was judged is in nobody's way");
    }

    #[test]
    fn a_part_that_comes_again_after_a_restart_counts_again() {
        let spec = super::super::spec("part").unwrap();
        assert_eq!(spec.replay, Replay::Harmless, "the transfer is gone, so what is remembered must be, too");
        let mut here = TestBox::new();
        let part = json!({ "transfer": "t", "index": 1, "total": 2, "sha256": "0".repeat(64), "text": "a" });
        assert_eq!(here.ask("part", Role::Admin, &part).outcome, Outcome::Done);
        here.transfers = super::super::super::transfers::Transfers::default();
        assert_eq!(here.ask("part", Role::Admin, &part).outcome, Outcome::Done);
    }

    #[test]
    fn a_digest_in_capitals_is_the_same_one() {
        let mut here = TestBox::new();
        let running = here.config.sha256.clone();
        let text = here.file.text().to_owned();
        let digest = sha256_hex(text.as_bytes()).to_uppercase();
        let part = json!({ "transfer": "t", "index": 1, "total": 1, "sha256": digest, "text": text });
        assert_eq!(here.ask("part", Role::Admin, &part).outcome, Outcome::Done);
        let wanted =
            json!({ "version": 1, "transfer": { "id": "t", "sha256": digest }, "expect_config": running });
        let judged = here.ask("config", Role::Admin, &wanted);
        assert_eq!(judged.code, Some(Refusal::Invalid), "found, and refused for its missing key: {judged:?}");
    }

    #[test]
    fn a_part_without_a_digest_is_none() {
        let part = json!({ "transfer": "t", "index": 1, "total": 1, "sha256": "abc", "text": "" });
        assert!(UploadPartData::read(&part).unwrap_err()[0].to_string().contains("64 hexadecimal digits"));
    }
}
