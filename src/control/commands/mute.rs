//! `mute`: alerts are marked as muted for a while.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::answer::Answer;
use super::super::envelope::{Command, CommandEnvelope};
use super::super::running_box::{RunningBox, later};
use super::{CommandData, Handler, Replay, example};
use crate::contract::command::Refusal;
use crate::contract::kinds;
use crate::contract::messages::Message;
use crate::contract::mute::Mute;
use crate::contract::signature::Role;
use crate::contract::words::Time;
use crate::text::{Sentence, Sentences, command as say, sentences};

sentences! {
    message {
        mute():
            "Marks alerts of a kind, a rule or a camera as muted, for a day at most; red alerts are never muted.",
            "把一类、一条规则或一路摄像机的预警标为静音，至多一天；红色预警从不静音";
    }
    command {
        mute_one():
            "`mute` takes exactly one of `kind`, `rule` and `camera`",
            "`mute` 须且只能写 `kind`、`rule`、`camera` 中的一个";
        mute_too_long(seconds, most):
            "`for_secs` is {seconds}; a day, {most}, is the most",
            "`for_secs` 是 {seconds}；最多一天，即 {most}";
        mutes_in_force(most):
            "{most} mutes are in force, which is the most",
            "已有 {most} 条静音生效，达到上限";
        mute_no_kind(kind):
            "no alert here is of the kind `{kind}`: no rule and no signal has it, and it is no usual one",
            "这里没有 `{kind}` 这类预警：规则和信号中没有，也不是常见种类";
        muted():
            "red alerts are never muted; what is muted is stored and counted all the same",
            "红色预警从不静音；被静音的预警照常存储和计数";
        mute_ended():
            "muted no more: open alerts say so in a revision of their own",
            "静音已解除，未结束的预警会各以一次修订说明";
        not_muted():
            "it was not muted",
            "原本就没有静音";
    }
}

/// A mute takes a day at most.
const LONGEST_SECS: u32 = 86_400;
/// Mutes at once; who needs more should change the rules.
const AT_MOST: usize = 100;

/// `down/cmd/mute`: alerts of one kind, rule or camera are marked as muted for a while. They are stored, counted and
/// published all the same; a centre makes no noise for them. Red alerts are never muted. Each open alert that it concerns is
/// told in a revision (`phase_reason` `mute_changed`), also when it is ended before its time. Requires a `reason`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct MuteData {
    /// The kind of alert. Exactly one of the three.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<String>,
    /// The rule.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub rule: Option<String>,
    /// The camera.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub camera: Option<String>,
    /// For so long, at most a day, in place of what was asked for the same before; 0 ends it.
    #[schemars(range(max = 86_400))]
    pub for_secs: u32,
}

impl CommandData for MuteData {
    const MESSAGE: Message = Message::bare::<Command<MuteData>>(
        "down/cmd/mute",
        || {
            let rule = Some("fire-lane-blocked".to_owned());
            example("operator 1", MuteData { rule, for_secs: 3600, ..MuteData::default() })
        },
        message::mute,
    );
    const SENTENCES: Sentences = SENTENCES;
    const ROLE: Role = Role::Operator;
    const NEEDS_REASON: bool = true;
    const REPLAY: Replay = Replay::Once;
    const HANDLER: Handler<Self> = Handler::Now(mute);
}

fn mute(data: MuteData, envelope: &CommandEnvelope, at: &mut dyn RunningBox) -> Answer {
    let invalid = |why: Sentence| Answer::refused(Refusal::Invalid, why);
    let named = [&data.kind, &data.rule, &data.camera].into_iter().flatten().count();
    if named != 1 {
        return invalid(command::mute_one());
    }
    if data.for_secs > LONGEST_SECS {
        return invalid(command::mute_too_long(data.for_secs, LONGEST_SECS));
    }
    let now = at.now().utc;
    let mut next = at.overrides().clone();
    next.forget_mutes(now);
    let same = |mute: &Mute| (&mute.kind, &mute.rule, &mute.camera) == (&data.kind, &data.rule, &data.camera);
    let was_muted = next.mutes.iter().any(same);
    // What is muted can be ended, also where there is no such thing any more.
    if let Some(unknown) = unknown(&data, at).filter(|_| !was_muted) {
        return invalid(unknown);
    }
    if data.for_secs == 0 && !was_muted {
        return Answer::already(command::not_muted());
    }
    next.mutes.retain(|mute| !same(mute));
    if data.for_secs > 0 {
        if next.mutes.len() >= AT_MOST {
            return invalid(command::mutes_in_force(AT_MOST));
        }
        next.mutes.push(Mute {
            kind: data.kind.clone(),
            rule: data.rule.clone(),
            camera: data.camera.clone(),
            until: Time(later(now, data.for_secs)),
            by: envelope.by.clone(),
            reason: envelope.reason.clone().unwrap_or_default(),
        });
    }
    if let Err(error) = at.store_overrides(next) {
        return Answer::failed(say::not_written_down(error.to_string()));
    }
    Answer::done_with(if data.for_secs > 0 { command::muted() } else { command::mute_ended() })
}

/// That there is nothing here of which alerts could come.
fn unknown(data: &MuteData, at: &dyn RunningBox) -> Option<Sentence> {
    let base = at.base();
    if let Some(camera) = data.camera.as_ref().filter(|id| at.config().camera(id).is_none()) {
        return Some(say::no_camera(camera));
    }
    if let Some(rule) = data.rule.as_ref().filter(|id| base.rules.iter().all(|rule| *rule.id != ***id)) {
        return Some(say::no_rule(rule));
    }
    // A site's rules and signals may have kinds of their own.
    let is_known = |kind: &str| {
        let of_rules = base.rules.iter().map(|rule| &rule.signal);
        let mut here = of_rules.chain(base.signals.iter().map(|signal| &signal.kind));
        kind == kinds::TEST_ALERT || kinds::known(kind).is_some() || here.any(|here| **here == *kind)
    };
    let kind = data.kind.as_ref().filter(|kind| !is_known(kind))?;
    Some(command::mute_no_kind(kind))
}
