//! The shadow in the daemon: when it begins, goes on after a restart and ends, and where what it found is shown. What it does is
//! said by [`crate::shadow`]. Must never wait for it but for a moment at its end, and must never let it change what runs.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::analysis_thread::{AnalysisMessage, AnalysisQueue, ShadowFeed};
use super::journal;
use super::loaded_models::LoadedModels;
use super::running::Running;
use crate::analysis::time::{Moment, Timestamp};
use crate::audit::Entry as AuditEntry;
use crate::config::{Config, Surroundings};
use crate::contract::health::ShadowHealth;
use crate::contract::messages;
use crate::contract::shadow::{ShadowData, ShadowEnd, ShadowEnding};
use crate::contract::words::{LocalTime, Time};
use crate::control::running_box::ShadowOrder;
use crate::journal::{Configuration, Entry, Recorder, Shadow, ShadowEvent, listener, not_reproduced};
use crate::retune::limits;
use crate::shadow::{
    self, Answer, Both, LASTS_AT_MOST, Request, ShadowThread, Start, Stored, Summary, USUALLY_LASTS,
};
use crate::text::{
    Sentence, Words, command, daemon, foreign, language_of_log, log_error, log_info, log_warn, shadow as say,
};

/// What it gets at its end to judge what it was given.
const STOP_WITHIN: Duration = Duration::from_secs(1);
/// How often what it found is written where it is shown, where there is something new.
const WRITE_EVERY: Duration = Duration::from_secs(5);
/// How often at least.
const WRITE_AT_LEAST_EVERY: Duration = Duration::from_secs(60);
/// How often it is published, where there is something new.
const PUBLISH_EVERY: Duration = Duration::from_secs(60);

/// See the module.
pub(super) struct ShadowStage {
    folder: PathBuf,
    recorder: Recorder,
    running: Option<RunningShadow>,
    /// What was written last.
    summary: Option<Summary>,
    /// When it is written again; none: what was written last is of before this run.
    write_at: Option<Duration>,
    publish_at: Duration,
    /// Revisions, and whether it had ended, when it was last published.
    published: Option<(u64, bool)>,
    /// That it ended before this run could judge by it: not in the journal yet, nor in the audit log.
    ended_before: Option<ShadowEnding>,
    is_unwritable: bool,
}

/// The one that judges.
struct RunningShadow {
    stored: Stored,
    limits: Vec<Sentence>,
    thread: ShadowThread,
}

impl ShadowStage {
    /// Goes on with what judged before the restart: from the first entry on it is given what `recorder` records. Also returns
    /// its configuration for the journal, where there is one.
    pub(super) fn start(
        folder: &Path,
        live: &Config,
        models: &LoadedModels,
        recorder: &mut Recorder,
        at: Timestamp,
    ) -> (Self, Option<Arc<Configuration>>) {
        let summary = shadow::summary_in(folder);
        // One that had ended before this run is known.
        let published = summary.as_ref().filter(|known| !known.is_running()).map(shown);
        let mut stage = ShadowStage {
            folder: folder.to_owned(),
            recorder: recorder.clone(),
            running: None,
            summary,
            write_at: None,
            publish_at: Duration::ZERO,
            published,
            ended_before: None,
            is_unwritable: false,
        };
        let Some(stored) = shadow::load(folder) else { return (stage, None) };
        let why = match resumed(&stored, live, models, at) {
            Ok(config) => {
                log_info!(say::goes_on(&*stored.name, &*stored.sha256));
                let (listener, entries) = listener();
                let limits = limits_of(live, &config, models);
                let configuration = journal::configuration(&config, models);
                if stage.spawn(stored.clone(), config, limits, entries) {
                    recorder.set_listener(Some(listener));
                    return (stage, Some(configuration));
                }
                ShadowEnding::Failed
            }
            Err(why) => why,
        };
        // What was written last may be of the one before it.
        let own = stage
            .summary
            .take()
            .filter(|known| (&known.sha256, known.since) == (&stored.sha256, stored.since));
        let summary = own.unwrap_or_else(|| Summary::of(&stored, &[], &shadow::Found::default()));
        stage.note_end(summary, why, at);
        stage.ended_before = Some(why);
        (stage, None)
    }

    /// Whether the thread runs.
    fn spawn(
        &mut self,
        stored: Stored,
        config: Config,
        limits: Vec<Sentence>,
        entries: crate::journal::LiveEntries,
    ) -> bool {
        let start = Start {
            stored: stored.clone(),
            config,
            folder: self.folder.clone(),
            recorder: self.recorder.clone(),
        };
        match ShadowThread::start(start, entries) {
            Ok(thread) => {
                self.running = Some(RunningShadow { stored, limits, thread });
                (self.write_at, self.publish_at, self.published) = (None, Duration::ZERO, None);
                true
            }
            Err(error) => {
                log_error!(say::not_started(error.to_string()));
                false
            }
        }
    }

    /// What it cannot say is known before it has judged anything.
    fn show_begun(&mut self) {
        if let Some(RunningShadow { stored, limits, .. }) = &self.running {
            self.write(Summary::of(stored, limits, &shadow::Found::default()));
        }
    }

    /// Why the one that judges is over, if it is.
    fn ending(&self, now: Timestamp, live: &str) -> Option<ShadowEnding> {
        let running = self.running.as_ref()?;
        if running.stored.sha256 == live {
            Some(ShadowEnding::Runs)
        } else if running.stored.until.0 <= now {
            Some(ShadowEnding::TimeIsOver)
        } else {
            running.thread.is_finished().then_some(ShadowEnding::Failed)
        }
    }

    /// The one that judges judges no more; `false` where none does.
    fn end(&mut self, why: ShadowEnding, at: Moment, queue: &AnalysisQueue) -> bool {
        let Some(RunningShadow { stored, limits, thread }) = self.running.take() else { return false };
        // Fails only while the daemon is stopping.
        let _ = queue.send(AnalysisMessage::Shadow(None));
        let found = thread.stop(STOP_WITHIN);
        self.record_end(why, at);
        self.note_end(Summary::of(&stored, &limits, &found), why, at.utc);
        true
    }

    fn record_end(&mut self, why: ShadowEnding, at: Moment) {
        let event = ShadowEvent::Ended { why: why.name().to_owned() };
        self.recorder.record(Entry::Shadow(Shadow { at, event }));
    }

    fn note_end(&mut self, summary: Summary, why: ShadowEnding, at: Timestamp) {
        log_info!(say::ended(&*summary.name, &*summary.sha256, shadow::ending_words(why)));
        // What judges in its place stands there already.
        if why != ShadowEnding::Replaced {
            shadow::forget(&self.folder);
        }
        let summary = Summary { ended: Some(ShadowEnd { at: Time(at), why }), ..summary };
        self.write(summary);
        self.publish_at = Duration::ZERO;
    }

    fn write(&mut self, summary: Summary) {
        match shadow::write_summary(&self.folder, &summary) {
            Ok(()) => self.is_unwritable = false,
            Err(error) => {
                if !std::mem::replace(&mut self.is_unwritable, true) {
                    log_warn!(say::summary_not_written(self.folder.display(), error.to_string()));
                }
            }
        }
        self.summary = Some(summary);
    }

    /// Writes what it found, and returns what is to be published, where either is due.
    fn look(&mut self, at: Moment) -> Option<ShadowData> {
        // One that goes on after a restart shows what it found before until it knows.
        let is_known = |running: &&RunningShadow| running.thread.has_judged();
        if let Some(RunningShadow { stored, limits, thread }) = self.running.as_ref().filter(is_known)
            && self.write_at.is_none_or(|due| at.mono >= due)
        {
            let summary = Summary::of(stored, limits, &thread.found());
            let is_news = self.summary.as_ref().is_none_or(|known| !known.is_same_but_for_time(&summary));
            // That time passed is written less often.
            if is_news || self.write_at.is_none_or(|due| at.mono >= due + WRITE_AT_LEAST_EVERY) {
                self.write_at = Some(at.mono + WRITE_EVERY);
                self.write(summary);
            }
        }
        let summary = self.summary.as_ref()?;
        let now = shown(summary);
        // What is left of one that could not be started says nothing new; that one ended always does.
        let is_due = match &self.running {
            Some(running) => running.thread.has_judged(),
            None => !summary.is_running(),
        };
        if !is_due || self.published == Some(now) || at.mono < self.publish_at {
            return None;
        }
        (self.published, self.publish_at) = (Some(now), at.mono + PUBLISH_EVERY);
        Some(summary.message())
    }

    /// The one that judges, for the health report and the metrics.
    pub(super) fn health(&self) -> Option<ShadowHealth> {
        let RunningShadow { stored, thread, .. } = self.running.as_ref()?;
        Some(ShadowHealth {
            config_sha256: stored.sha256.clone(),
            since: stored.since,
            until: stored.until,
            counts: thread.counts(),
        })
    }

    /// The daemon stops; the shadow goes on with the next start. Whoever records has ended.
    pub(super) fn stop(mut self, at: Moment) {
        if let Some(RunningShadow { stored, limits, thread }) = self.running.take() {
            let found = thread.stop(STOP_WITHIN);
            let summary = Summary::of(&stored, &limits, &found);
            self.write(Summary { at: Time(at.utc), ..summary });
        }
    }
}

/// Revisions, and whether it ended: what makes a summary worth publishing again.
fn shown(summary: &Summary) -> (u64, bool) {
    (summary.counts.revisions, !summary.is_running())
}

/// The configuration of a shadow that goes on, or why it does not.
fn resumed(
    stored: &Stored,
    live: &Config,
    models: &LoadedModels,
    now: Timestamp,
) -> Result<Config, ShadowEnding> {
    if stored.until.0 <= now {
        return Err(ShadowEnding::TimeIsOver);
    }
    let config = Config::from_text(&stored.path, &stored.toml, &Surroundings::elsewhere(&stored.path));
    let config = config.and_then(|config| config.check_classes(&models.classes()).map(|()| config));
    let config = config.map_err(|problems| {
        log_error!(say::stale(); problems = %problems.in_language(language_of_log()));
        ShadowEnding::Failed
    })?;
    if config.sha256 == live.sha256 { Err(ShadowEnding::Runs) } else { Ok(config) }
}

/// What a shadow of that configuration cannot say.
fn limits_of(live: &Config, shadow: &Config, models: &LoadedModels) -> Vec<Sentence> {
    let runs = journal::configuration(live, models);
    let mut limits = limits::of(live, shadow, &runs, |_| true);
    limits.extend(not_reproduced());
    limits
}

impl Running {
    /// What `lookout shadow` asks is answered, one that is over ends, and what was found is shown.
    pub(super) fn look_at_shadow(&mut self, at: Moment) {
        if let Some(request) = shadow::take_request(&self.stages.storage.control_dir) {
            self.answer_shadow(request, at);
        }
        if let Some(why) = self.stages.analysis.shadow.ended_before.take() {
            self.stages.analysis.shadow.record_end(why, at);
            self.record_shadow_end(why);
        }
        let ending = self.stages.analysis.shadow.ending(at.utc, &self.config.sha256);
        if let Some(why) = ending {
            self.stop_shadow(why, at);
        }
        self.publish_shadow(at);
    }

    fn publish_shadow(&mut self, at: Moment) {
        if let Some(data) = self.stages.analysis.shadow.look(at) {
            let id = format!("shadow.{}.{}", data.since, at.utc.as_millisecond());
            let message = self.health.sender.event(id, None, at.utc, data);
            self.publish(messages::SHADOW.at(&[]), message);
        }
    }

    fn answer_shadow(&mut self, request: Request, at: Moment) {
        let is_late = request.is_late(at.utc);
        let Request { id, by, begin, .. } = request;
        let done = match begin {
            _ if is_late => Err(say::asked_too_long_ago().into()),
            Some(begin) => {
                let config =
                    Config::from_text(&begin.path, &begin.toml, &Surroundings::elsewhere(&begin.path));
                let order = ShadowOrder {
                    name: begin.path.display().to_string(),
                    lasts: Some(Duration::from_secs(begin.lasts_secs)),
                    by,
                };
                config
                    .map_err(|problems| foreign::words(problems.in_language(language_of_log())).into())
                    .and_then(|config| self.let_judge(config, order, at).map(drop))
            }
            None => match self.stop_shadow(ShadowEnding::Stopped, at) {
                true => Ok(()),
                false => Err(say::none_judges().into()),
            },
        };
        let refused = done.err().as_ref().map(Both::of);
        if let Err(error) = (Answer { id, refused }).give(&self.stages.storage.control_dir) {
            let folder = self.stages.storage.control_dir.display();
            log_warn!(say::summary_not_written(folder, error.to_string()));
        }
    }

    /// Lets that configuration judge beside the one that runs, in place of any other; returns until when.
    ///
    /// # Errors
    /// Why it does not.
    pub(super) fn let_judge(
        &mut self,
        config: Config,
        order: ShadowOrder,
        at: Moment,
    ) -> Result<String, Words> {
        let problems = config.check_classes(&self.loaded_models.classes());
        problems.map_err(|problems| foreign::words(problems.in_language(language_of_log())))?;
        if config.sha256 == self.config.sha256 {
            return Err(say::is_what_runs().into());
        }
        let (own, other) = (&self.config.site.box_id, &config.site.box_id);
        if own != other {
            return Err(say::of_another_box(&**own, &**other).into());
        }
        let lasts = order.lasts.unwrap_or(USUALLY_LASTS).min(LASTS_AT_MOST);
        let until = at.utc.checked_add(lasts).unwrap_or(Timestamp::MAX);
        let stored = Stored {
            name: order.name,
            path: config.path().to_owned(),
            toml: config.text().to_owned(),
            sha256: config.sha256.clone(),
            by: order.by,
            since: Time(at.utc),
            until: Time(until),
        };
        // Where it cannot be written down, what judges goes on.
        let folder = self.stages.storage.control_dir.clone();
        shadow::remember(&folder, &stored)
            .map_err(|error| daemon::not_written_to(folder.display(), error.to_string()))?;
        if self.stop_shadow(ShadowEnding::Replaced, at) {
            self.publish_shadow(at);
        }
        let until = LocalTime::new(until, &self.config.site.time_zone).to_string();
        let said = say::begun(&*stored.name, &*stored.sha256, &*until, &*stored.by);
        let limits = limits_of(&self.config, &config, &self.loaded_models);
        let configuration = journal::configuration(&config, &self.loaded_models);
        let (listener, entries) = listener();
        let analysis = &mut self.stages.analysis;
        if !analysis.shadow.spawn(stored, config, limits, entries) {
            shadow::forget(&folder);
            return Err(say::failed().into());
        }
        analysis.shadow.show_begun();
        let feed = ShadowFeed { listener, configuration };
        // Fails only while the daemon is stopping.
        let _ = analysis.queue.send(AnalysisMessage::Shadow(Some(Box::new(feed))));
        log_info!(said.clone());
        self.record_shadow("begun", said);
        Ok(until)
    }

    /// The one that judges ends; `false` where none does.
    pub(super) fn stop_shadow(&mut self, why: ShadowEnding, at: Moment) -> bool {
        let analysis = &mut self.stages.analysis;
        if !analysis.shadow.end(why, at, &analysis.queue) {
            return false;
        }
        self.record_shadow_end(why);
        true
    }

    fn record_shadow_end(&self, why: ShadowEnding) {
        if let Some(summary) = &self.stages.analysis.shadow.summary {
            let said = say::ended(&*summary.name, &*summary.sha256, shadow::ending_words(why));
            self.record_shadow("ended", said);
        }
    }

    /// What runs is another one now: what a shadow cannot say is said of that one.
    pub(super) fn tell_limits_of_shadow(&mut self, live: &Config) {
        let RunningShadow { stored, limits, .. } = match &mut self.stages.analysis.shadow.running {
            Some(running) => running,
            None => return,
        };
        let read = Config::from_text(&stored.path, &stored.toml, &Surroundings::elsewhere(&stored.path));
        if let Ok(config) = read {
            *limits = limits_of(live, &config, &self.loaded_models);
        }
    }

    fn record_shadow(&self, outcome: &str, said: Sentence) {
        let entry = AuditEntry { outcome: Some(outcome.to_owned()), ..AuditEntry::of("shadow") };
        let entry = entry.with_detail(said, self.config.site.language);
        if let Err(error) = self.stages.commands.audit.record(self.clock.now().utc, entry) {
            log_error!(command::audit_unwritable(); %error);
        }
    }
}
