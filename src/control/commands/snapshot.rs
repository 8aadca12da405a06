//! `snapshot`: a redacted picture of a camera.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::{Answer, Answering};
use super::super::envelope::{Command, CommandEnvelope};
use super::super::running_box::RunningBox;
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::messages::Message;
use crate::contract::signature::Role;

/// `down/cmd/snapshot`: a redacted picture of a camera, now. Requires a `reason`; only where evidence is enabled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SnapshotData {
    /// Which camera.
    pub camera: String,
}

impl CommandData for SnapshotData {
    const MESSAGE: Message = Message::bare::<Command<SnapshotData>>(
        "down/cmd/snapshot",
        || example("grid desk 2", SnapshotData { camera: "cam-03".to_owned() }),
        "Asks for a redacted picture; signed.",
    );
    const SUMMARY_ZH: &'static str = "要一张已脱敏的摄像机画面";
    const ROLE: Role = Role::Desk;
    const NEEDS_REASON: bool = true;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Later(take);
}

/// Takes as long as the camera's next frame.
fn take(data: SnapshotData, _: &CommandEnvelope, at: &mut dyn RunningBox, answering: Answering) {
    if !at.config().evidence.enabled {
        let why = "pictures are switched off on this box ([evidence] `enabled`)";
        return answering(Answer::refused(Refusal::Invalid, why));
    }
    let Some(camera) = at.config().camera(&data.camera).map(|camera| camera.id.clone()) else {
        let why = format!("there is no camera `{}`", data.camera);
        return answering(Answer::refused(Refusal::Invalid, why));
    };
    at.snapshot(camera, Box::new(move |made| answering(Answer::picture(made))));
}
