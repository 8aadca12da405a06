//! Implements [`RunningBox`] for the daemon: what commands may read and change.

use std::io;
use std::sync::Arc;

use crate::alerts::writer_message::{OriginalRequest, PictureRequest, SnapshotRequest, WriterMessage};
use crate::analysis::detection::Class;
use crate::analysis::time::Moment;
use crate::audit::Audit;
use crate::config::{Config, Problems};
use crate::contract::EventError;
use crate::contract::command::SelftestResult;
use crate::contract::shadow::ShadowEnding;
use crate::control::commands::original::{OriginalData, Requests};
use crate::control::overrides::StoredOverrides;
use crate::control::running_box::{OriginalReply, PictureReply, ShadowOrder, SnapshotReply};
use crate::control::transfers::Transfers;
use crate::control::{Offer, RunningBox};
use crate::outbox::{OutboxError, Resent};
use crate::text::{Sentence, Words};

use super::super::analysis_thread::AnalysisMessage;
use super::Running;

impl RunningBox for Running {
    fn file(&self) -> &Config {
        &self.file
    }

    fn base(&self) -> &Config {
        &self.base
    }

    fn config(&self) -> &Config {
        &self.config
    }

    fn overrides(&self) -> &StoredOverrides {
        &self.overrides
    }

    fn now(&self) -> Moment {
        self.clock.now()
    }

    fn classes(&self) -> Vec<Class> {
        self.loaded_models.classes()
    }

    fn take_up(&mut self, base: Config, next: StoredOverrides, offer: &Offer) -> Result<(), Problems> {
        self.put_in_place(base, next, offer, None)
    }

    fn refuse(&mut self, offer: &Offer, problems: &Problems) {
        self.report_refused(offer, problems);
    }

    fn store_overrides(&mut self, next: StoredOverrides) -> io::Result<()> {
        next.save(self.folder())?;
        let before = std::mem::replace(&mut *self.mutes.write(), next.mutes.clone());
        if before != next.mutes {
            // Fails only while the daemon is stopping; alerts are reported anew after that.
            let _ =
                self.stages.analysis.queue.send(AnalysisMessage::Mutes { before, after: next.mutes.clone() });
        }
        let was_on_trial = self.overrides.trial.is_some();
        self.overrides = next;
        if was_on_trial && self.overrides.trial.is_none() {
            self.trial_ends = None;
            self.announce();
        }
        Ok(())
    }

    fn keep_in_file(&mut self) -> Result<(), Sentence> {
        self.keep_trial()
    }

    fn go_back(&mut self) -> Result<(), Problems> {
        self.end_trial()
    }

    fn begin_shadow(&mut self, config: Config, order: ShadowOrder) -> Result<(), Words> {
        self.let_judge(config, order, self.clock.now()).map(drop)
    }

    fn end_shadow(&mut self) -> bool {
        self.stop_shadow(ShadowEnding::Stopped, self.clock.now())
    }

    fn selftest(&mut self) -> SelftestResult {
        let readings = self.readings();
        self.health.in_short(&readings, &self.config)
    }

    fn snapshot(&mut self, camera: Arc<str>, reply: SnapshotReply) {
        // Fails only while the daemon is stopping; the centre gets no answer and asks again.
        let _ = self.stages.analysis.queue.send(AnalysisMessage::Snapshot(SnapshotRequest { camera, reply }));
    }

    fn original(&mut self, wanted: OriginalData, reply: OriginalReply) {
        // As above.
        let OriginalData { alert_id, n } = wanted;
        let _ =
            self.stages.alerts.queue.send(WriterMessage::Original(OriginalRequest { alert_id, n, reply }));
    }

    fn original_requests(&mut self) -> &mut Requests {
        &mut self.original_requests
    }

    fn resend(&mut self, stream: &str, from: u64, to: u64) -> Result<Resent, OutboxError> {
        self.stages.storage.outbox.resend(stream, from, to)
    }

    fn picture_again(&mut self, alert_id: String, n: u32, reply: PictureReply) {
        // As above.
        let _ = self.stages.alerts.queue.send(WriterMessage::Again(PictureRequest { alert_id, n, reply }));
    }

    fn picture_requests(&mut self) -> &mut Requests {
        &mut self.picture_requests
    }

    fn meta(&mut self) -> Result<String, EventError> {
        let messages = self.birth(self.clock.now().utc)?;
        let lines = messages.iter().map(|(_, message)| String::from_utf8_lossy(message).into_owned() + "\n");
        Ok(lines.collect())
    }

    fn audit(&self) -> Arc<Audit> {
        self.stages.commands.audit.clone()
    }

    fn text_requests(&mut self) -> &mut Requests {
        &mut self.text_requests
    }

    fn transfers(&mut self) -> &mut Transfers {
        &mut self.transfers
    }
}
