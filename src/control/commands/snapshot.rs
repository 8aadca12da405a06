//! `snapshot`: a redacted picture of a camera.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::running_box::RunningBox;
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::examples;
use crate::contract::messages::Message;
use crate::contract::signature::Role;
use crate::text::{Sentences, command as say, sentences};

sentences! {
    message {
        snapshot():
            "Asks for a redacted picture of a camera.",
            "要一张已脱敏的摄像机画面";
    }
    command {
        pictures_off():
            "pictures are switched off on this box ([evidence] `enabled`)",
            "本机已关闭图片（[evidence] `enabled`）";
    }
}

/// `down/cmd/snapshot`: a redacted picture of a camera, now. Requires a `reason`; only where evidence is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct SnapshotData {
    /// Which camera.
    pub camera: String,
}

impl CommandData for SnapshotData {
    const MESSAGE: Message = Message::bare::<Command<SnapshotData>>(
        "down/cmd/snapshot",
        || example(examples::DESK, SnapshotData { camera: "cam-03".to_owned() }),
        message::snapshot,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = true;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Later(take);
}

/// Takes as long as the camera's next frame.
fn take(data: SnapshotData, _: &CommandEnvelope, at: &mut dyn RunningBox, answering: Answering) {
    if !at.config().evidence.enabled {
        return answering(Answer::refused(Refusal::Invalid, command::pictures_off()));
    }
    let Some(camera) = at.config().camera(&data.camera).map(|camera| camera.id.clone()) else {
        return answering(Answer::refused(Refusal::Invalid, say::no_camera(&data.camera)));
    };
    at.snapshot(camera, Box::new(move |made| answering(Answer::picture(made))));
}
