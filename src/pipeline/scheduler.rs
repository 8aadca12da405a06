//! The scheduler: which camera's frame is analysed next.
//!
//! One mailbox of one frame per camera: the newest wins, older ones are counted and forgotten, so there is
//! never a queue of frames and what is looked at is never old. A camera becomes due at its analysis rate.
//! Among the due cameras the one that is furthest behind its share is served first (stride scheduling,
//! Waldspurger and Weihl 1995): with time to spare every camera gets its rate, under overload all rates
//! fall in proportion, those of cameras with a higher weight less. What is shared is time: a camera whose looks cost
//! twice as much as the others' gets half as many, so that a crowd before one camera blinds no other. A camera whose
//! frame is being looked at is not handed out a second time, so the frames of one camera reach the analysis in order.
//!
//! Where a look is to be compared with the moment before it, a small picture of that moment waits with the frame.
//!
//! Must never look at pixels, wait for a camera, or know what a rule is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};

use crate::analysis::time::Moment;
use crate::frame::Frame;
use crate::frame::flow::Thumbnail;

/// Mailboxes and turns of all cameras. Shared by the video threads, which offer, and the workers, which take.
#[derive(Debug, Default)]
pub struct Scheduler {
    turns: Mutex<Turns>,
    offered: Condvar,
}

#[derive(Debug, Default)]
struct Turns {
    cameras: BTreeMap<Arc<str>, Mailbox>,
    /// Virtual time: the pass of the camera served last.
    pass: Duration,
    /// What a look costs, seconds, on average over the latest ones of all cameras; 0 before the first.
    mean_cost: f32,
    closed: bool,
}

#[derive(Debug)]
struct Mailbox {
    newest: Option<Frame>,
    /// As configured.
    wanted_period: Duration,
    /// The present period; never shorter.
    period: Duration,
    /// Earliest next frame, on the monotonic clock.
    due: Duration,
    /// A frame of then or later is another look than the one that waits in the mailbox.
    next_look: Duration,
    /// How much it counts beside the others when there is not time for all.
    weight: f32,
    /// Virtual time at which this camera has had its share.
    pass: Duration,
    /// What a look at it costs, seconds, on average over the latest ones; 0 before the first.
    cost: f32,
    being_looked_at: bool,
    /// Its looks are to be compared with the moment before them.
    wants_moments_before: bool,
    /// The moment before, for the next look.
    moment_before: Option<Thumbnail>,
    counts: Counts,
}

/// Time between a look and the moment that it is compared with.
const MOMENT: Duration = Duration::from_millis(100);
/// And no longer, in the end, than this.
const LONGEST_MOMENT: Duration = Duration::from_millis(160);

/// How much the latest look changes an average cost.
const LATEST_COUNTS: f32 = 0.125;
/// A camera's looks count as no more than so many times as dear as the average, and no less than the reciprocal.
const MOST_DEAR: f32 = 4.0;

/// What became of a camera's frames since it was added.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Came when the camera was not due and was not even mapped, or gave way to a newer one for the same look.
    pub not_due: u64,
    /// Was a look of its own, and pushed out by the frame of a later one before a worker had time: overload.
    pub replaced: u64,
    /// Looked at.
    pub taken: u64,
}

/// A frame on loan to a worker. Its camera gets its next turn when this is dropped.
#[derive(Debug)]
pub struct Turn<'a> {
    scheduler: &'a Scheduler,
    /// The frame to look at.
    pub frame: Frame,
    /// The camera about a tenth of a second before, where that was wanted.
    pub moment_before: Option<Thumbnail>,
    took: Option<Duration>,
}

impl Turn<'_> {
    /// Records the time spent on the frame; without this it counts as an average one of its camera.
    pub fn took(&mut self, time: Duration) {
        self.took = Some(time);
    }

    /// Whether the camera's next look is to come with the moment before it.
    pub(crate) fn want_moment_before_next(&self, is_wanted: bool) {
        if let Some(mailbox) = self.scheduler.turns.lock().cameras.get_mut(&self.frame.camera) {
            mailbox.wants_moments_before = is_wanted;
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut turns = self.scheduler.turns.lock();
        let cost = self.took.map(|time| time.as_secs_f32());
        if let Some(cost) = cost {
            turns.mean_cost = averaged(turns.mean_cost, cost);
        }
        if let Some(mailbox) = turns.cameras.get_mut(&self.frame.camera) {
            mailbox.cost = cost.map_or(mailbox.cost, |cost| averaged(mailbox.cost, cost));
            mailbox.being_looked_at = false;
            if mailbox.newest.is_some() {
                self.scheduler.offered.notify_one();
            }
        }
    }
}

/// An average after one more look. Never 0, which says that there was none.
fn averaged(average: f32, cost: f32) -> f32 {
    let cost = cost.max(1e-6);
    if average > 0.0 { average + (cost - average) * LATEST_COUNTS } else { cost }
}

impl Scheduler {
    /// No cameras yet.
    pub fn new() -> Self {
        Scheduler::default()
    }

    /// Adds a camera, or changes the rate of one that is there. `analysis_hz` is held between 0.01 and 100, `weight`
    /// between 0.1 and 10.
    pub fn set_camera(&self, camera: &Arc<str>, analysis_hz: f32, weight: f32) {
        let hz = if analysis_hz.is_finite() { analysis_hz.clamp(0.01, 100.0) } else { 1.0 };
        let weight = if weight.is_finite() { weight.clamp(0.1, 10.0) } else { 1.0 };
        let period = Duration::from_secs_f32(1.0 / hz);
        let mut turns = self.turns.lock();
        let pass = turns.pass;
        turns
            .cameras
            .entry(camera.clone())
            .and_modify(|m| (m.wanted_period, m.period, m.weight) = (period, period, weight))
            .or_insert(Mailbox {
                newest: None,
                wanted_period: period,
                period,
                due: Duration::ZERO,
                next_look: Duration::ZERO,
                weight,
                pass,
                cost: 0.0,
                being_looked_at: false,
                wants_moments_before: false,
                moment_before: None,
                counts: Counts::default(),
            });
    }

    /// Looks at a camera no more often than this from now on, and never more often than it was
    /// [set](Self::set_camera) to.
    pub(crate) fn set_pace(&self, camera: &str, every: Duration) {
        if let Some(mailbox) = self.turns.lock().cameras.get_mut(camera) {
            let period = every.max(mailbox.wanted_period);
            if period < mailbox.period {
                // It does not wait for the end of the long pause that was meant.
                mailbox.due = mailbox.due.saturating_sub(mailbox.period - period);
            }
            mailbox.period = period;
        }
    }

    /// What came after `to` is looked at once more: frames from then on count as due.
    pub fn rewind(&self, camera: &str, to: Duration) {
        if let Some(mailbox) = self.turns.lock().cameras.get_mut(camera) {
            mailbox.due = mailbox.due.min(to + mailbox.period);
        }
    }

    /// Whether a frame offered now would not push out another one.
    pub fn has_room(&self, camera: &str) -> bool {
        self.turns.lock().cameras.get(camera).is_none_or(|mailbox| mailbox.newest.is_none())
    }

    /// Forgets a camera and its waiting frame.
    pub(crate) fn remove_camera(&self, camera: &str) {
        self.turns.lock().cameras.remove(camera);
    }

    /// Whether a frame of that moment would be looked at. Cheap: asked before a buffer is mapped.
    pub fn wants(&self, camera: &str, at: Moment) -> bool {
        match self.turns.lock().cameras.get_mut(camera) {
            Some(mailbox) if at.mono >= mailbox.due || mailbox.wants_as_moment_before(at.mono) => true,
            Some(mailbox) => {
                mailbox.counts.not_due += 1;
                false
            }
            None => false,
        }
    }

    /// Whether a frame of that moment is wanted only to be compared with the look that comes after it.
    pub(crate) fn wants_as_moment_before(&self, camera: &str, at: Moment) -> bool {
        self.turns.lock().cameras.get(camera).is_some_and(|mailbox| mailbox.wants_as_moment_before(at.mono))
    }

    /// Keeps that moment for the camera's next look.
    pub(crate) fn offer_moment_before(&self, camera: &str, thumbnail: Thumbnail) {
        if let Some(mailbox) = self.turns.lock().cameras.get_mut(camera) {
            mailbox.moment_before = Some(thumbnail);
        }
    }

    /// Puts a frame into its camera's mailbox; an older one there is dropped and counted. It counts as overload only
    /// if both were due: of several frames for one look the newest is the best.
    pub fn offer(&self, frame: Frame) {
        let mut turns = self.turns.lock();
        let Some(mailbox) = turns.cameras.get_mut(&frame.camera) else { return };
        let at = frame.at.mono;
        match mailbox.newest.replace(frame) {
            None => mailbox.next_look = mailbox.beat_after(mailbox.due, at),
            Some(_) if at < mailbox.next_look => mailbox.counts.not_due += 1,
            Some(_) => {
                mailbox.counts.replaced += 1;
                mailbox.next_look = mailbox.beat_after(mailbox.next_look, at);
            }
        }
        if !mailbox.being_looked_at {
            self.offered.notify_one();
        }
    }

    /// The next frame to look at, waiting for one until `deadline`; `None` then, or once closed.
    pub fn take(&self, deadline: Instant) -> Option<Turn<'_>> {
        let mut turns = self.turns.lock();
        loop {
            if turns.closed {
                return None;
            }
            if let Some((frame, moment_before)) = turns.next() {
                return Some(Turn { scheduler: self, frame, moment_before, took: None });
            }
            if self.offered.wait_until(&mut turns, deadline).timed_out() {
                let next = if turns.closed { None } else { turns.next() };
                return next.map(|(frame, moment_before)| Turn {
                    scheduler: self,
                    frame,
                    moment_before,
                    took: None,
                });
            }
        }
    }

    /// Wakes every worker for good.
    pub fn close(&self) {
        self.turns.lock().closed = true;
        self.offered.notify_all();
    }

    /// Whether [`Scheduler::close`] was called.
    pub fn is_closed(&self) -> bool {
        self.turns.lock().closed
    }

    /// What became of each camera's frames.
    pub fn counts(&self) -> Vec<(Arc<str>, Counts)> {
        self.turns.lock().cameras.iter().map(|(id, m)| (id.clone(), m.counts)).collect()
    }
}

impl Mailbox {
    /// How many times as much a look at this camera costs as the average.
    fn dearness(&self, mean_cost: f32) -> f32 {
        if self.cost > 0.0 && mean_cost > 0.0 {
            (self.cost / mean_cost).clamp(1.0 / MOST_DEAR, MOST_DEAR)
        } else {
            1.0
        }
    }

    /// Whether a frame of `at` comes a moment before the next look, and none did so far. Of looks that follow one another
    /// as closely, each is the moment before the next.
    fn wants_as_moment_before(&self, at: Duration) -> bool {
        let is_missing = self.moment_before.as_ref().is_none_or(|before| before.at.mono + self.period <= at);
        self.wants_moments_before
            && self.period > LONGEST_MOMENT
            && is_missing
            && at < self.due
            && at + MOMENT >= self.due
    }

    /// When the look after one that was due at `due`, with a frame of `at`, is due. The beat is kept as long as frames
    /// come about on time, so that the average rate is the wanted one.
    fn beat_after(&self, due: Duration, at: Duration) -> Duration {
        if at > due + self.period { at + self.period } else { due + self.period }
    }
}

impl Turns {
    fn next(&mut self) -> Option<(Frame, Option<Thumbnail>)> {
        let waiting = self.cameras.values_mut().filter(|m| m.newest.is_some() && !m.being_looked_at);
        let mailbox = waiting.min_by_key(|m| m.pass)?;
        let frame = mailbox.newest.take()?;
        mailbox.being_looked_at = true;
        mailbox.counts.taken += 1;
        mailbox.due = mailbox.beat_after(mailbox.due, frame.at.mono);
        // A camera that was away does not catch up on the others: its share starts now.
        let start = mailbox.pass.max(self.pass);
        mailbox.pass = start + mailbox.period.mul_f32(mailbox.dearness(self.mean_cost) / mailbox.weight);
        self.pass = start;
        let is_recent = |before: &Thumbnail| {
            before.at.mono < frame.at.mono && frame.at.since(before.at) <= LONGEST_MOMENT
        };
        let moment_before = mailbox.moment_before.take().filter(is_recent);
        Some((frame, moment_before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::time::Timestamp;
    use crate::frame::Taken;
    use crate::frame::test_support::gray;

    fn frame(camera: &str, number: u64, at_ms: u64) -> Frame {
        let picture = gray(1, 1, 1, |_, _| 0);
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_millis(at_ms));
        Frame { camera: camera.into(), number, at, taken: Taken::InTurn, picture: Arc::new(picture) }
    }

    fn scheduler(cameras: &[(&str, f32)]) -> Scheduler {
        let scheduler = Scheduler::new();
        for (camera, hz) in cameras {
            scheduler.set_camera(&Arc::from(*camera), *hz, 1.0);
        }
        scheduler
    }

    fn take_now(scheduler: &Scheduler) -> Option<Turn<'_>> {
        scheduler.take(Instant::now())
    }

    #[test]
    fn the_newest_frame_wins_and_the_older_one_is_counted() {
        let s = scheduler(&[("a", 5.0)]);
        s.offer(frame("a", 0, 0));
        s.offer(frame("a", 1, 210));
        assert_eq!(take_now(&s).map(|t| t.frame.number), Some(1));
        assert_eq!(s.counts()[0].1, Counts { not_due: 0, replaced: 1, taken: 1 });
    }

    #[test]
    fn only_looks_that_are_missed_are_overload() {
        let s = scheduler(&[("a", 5.0)]);
        // 25 a second, and nobody has time for 600 ms: of three looks one is held at their end.
        for n in 0..15 {
            s.offer(frame("a", n, n * 40));
        }
        assert_eq!(take_now(&s).map(|t| t.frame.number), Some(14));
        assert_eq!(s.counts()[0].1, Counts { not_due: 12, replaced: 2, taken: 1 });
        // A network that held them back gives many at once: one look.
        for n in 15..20 {
            s.offer(frame("a", n, 900));
        }
        assert_eq!(take_now(&s).map(|t| t.frame.number), Some(19));
        assert_eq!(s.counts()[0].1, Counts { not_due: 16, replaced: 2, taken: 2 });
    }

    #[test]
    fn a_camera_is_not_handed_out_twice_at_once() {
        let s = scheduler(&[("a", 5.0)]);
        s.offer(frame("a", 0, 0));
        let turn = take_now(&s).expect("a frame waits");
        s.offer(frame("a", 1, 300));
        assert!(take_now(&s).is_none(), "its first frame is still being looked at");
        drop(turn);
        assert_eq!(take_now(&s).map(|t| t.frame.number), Some(1));
    }

    #[test]
    fn with_time_to_spare_a_camera_gets_its_rate_whatever_the_jitter() {
        let s = scheduler(&[("a", 5.0)]);
        let mut taken = 0;
        for n in 0..250u64 {
            let at_ms = n * 40 + (n * 7919) % 13; // 25 frames a second, up to 12 ms late
            let f = frame("a", n, at_ms);
            if s.wants("a", f.at) {
                s.offer(f);
                taken += u64::from(take_now(&s).is_some());
            }
        }
        assert!((49..=51).contains(&taken), "{taken} of 10 s at 5 a second");
    }

    #[test]
    fn a_look_comes_with_the_moment_before_it_where_that_is_wanted() {
        let s = scheduler(&[("a", 5.0)]);
        let mut came = Vec::new();
        for n in 0..100u64 {
            let f = frame("a", n, n * 40);
            if !s.wants("a", f.at) {
                continue;
            }
            if s.wants_as_moment_before("a", f.at) {
                s.offer_moment_before("a", Thumbnail::of(&f.picture, f.at));
                continue;
            }
            s.offer(f);
            let turn = take_now(&s).expect("it is due");
            let age = turn.moment_before.as_ref().map(|before| turn.frame.at.since(before.at).as_millis());
            turn.want_moment_before_next((25..75).contains(&n));
            came.push((n, age));
        }
        assert_eq!(came.len(), 20, "no look more or less than otherwise");
        for (n, age) in came {
            let is_wanted = (30..80).contains(&n);
            assert_eq!(age.is_some(), is_wanted, "frame {n}");
            assert!(age.is_none_or(|age| (80..=120).contains(&age)), "frame {n}: {age:?} ms");
        }
        assert_eq!(s.counts()[0].1.replaced, 0);
    }

    #[test]
    fn of_close_looks_and_of_long_ago_no_moment_is_kept() {
        let s = scheduler(&[("fast", 10.0), ("slow", 5.0)]);
        for camera in ["fast", "slow"] {
            s.offer(frame(camera, 0, 0));
            take_now(&s).expect("it waits").want_moment_before_next(true);
        }
        assert!(
            !s.wants_as_moment_before("fast", frame("fast", 1, 40).at),
            "its last look is the moment before"
        );
        let early = frame("slow", 1, 120);
        assert!(s.wants_as_moment_before("slow", early.at));
        s.offer_moment_before("slow", Thumbnail::of(&early.picture, early.at));
        assert!(!s.wants_as_moment_before("slow", frame("slow", 2, 160).at), "one is enough");
        s.offer(frame("slow", 3, 900));
        assert!(take_now(&s).expect("it waits").moment_before.is_none(), "the camera paused in between");
    }

    /// Has a worker that manages one look every `every_ms` look `looks` times; the share of each camera.
    fn assert_shares(s: &Scheduler, every_ms: u64, looks: u64, shares: [(&str, f64); 3]) {
        assert_shares_at(s, every_ms, looks, shares, |_| None);
    }

    /// The same where a look takes as long as `cost` says of its camera.
    fn assert_shares_at(
        s: &Scheduler,
        every_ms: u64,
        looks: u64,
        shares: [(&str, f64); 3],
        cost: impl Fn(&str) -> Option<Duration>,
    ) {
        let mut served: BTreeMap<String, u32> = BTreeMap::new();
        for step in 0..looks {
            for (camera, _) in shares {
                let f = frame(camera, step, step * every_ms);
                if s.wants(camera, f.at) {
                    s.offer(f);
                }
            }
            if let Some(mut turn) = take_now(s) {
                if let Some(time) = cost(&turn.frame.camera) {
                    turn.took(time);
                }
                *served.entry(turn.frame.camera.to_string()).or_default() += 1;
            }
        }
        for (camera, share) in shares {
            let got = f64::from(served[camera]);
            assert!((got / share - 1.0).abs() < 0.1, "{camera} got {got}, its share is {share}");
        }
    }

    #[test]
    fn under_overload_every_rate_falls_in_proportion() {
        let s = scheduler(&[("slow", 1.0), ("fast", 5.0), ("also-fast", 5.0)]);
        // There is time for 2.2 looks a second, and they want eleven.
        assert_shares(&s, 455, 2200, [("slow", 200.0), ("fast", 1000.0), ("also-fast", 1000.0)]);
    }

    #[test]
    fn under_overload_looks_are_shared_by_weight() {
        let s = Scheduler::new();
        for (camera, weight) in [("gate", 4.0), ("street", 1.0), ("yard", 1.0)] {
            s.set_camera(&Arc::from(camera), 5.0, weight);
        }
        // There is time for three looks a second, and they want fifteen.
        assert_shares(&s, 333, 3000, [("gate", 2000.0), ("street", 500.0), ("yard", 500.0)]);
    }

    #[test]
    fn under_overload_a_camera_with_dear_looks_gets_fewer_of_them() {
        let s = scheduler(&[("crowd", 5.0), ("street", 5.0), ("yard", 5.0)]);
        let cost = |camera: &str| Some(Duration::from_millis(if camera == "crowd" { 30 } else { 10 }));
        // Each gets the same time: 3 looks of 30 ms, 9 of 10 ms.
        assert_shares_at(&s, 333, 4200, [("crowd", 600.0), ("street", 1800.0), ("yard", 1800.0)], cost);
    }

    #[test]
    fn with_time_to_spare_a_camera_with_dear_looks_gets_its_rate() {
        let s = scheduler(&[("crowd", 5.0), ("street", 5.0), ("yard", 5.0)]);
        let cost = |camera: &str| Some(Duration::from_millis(if camera == "crowd" { 30 } else { 10 }));
        assert_shares_at(&s, 50, 3000, [("crowd", 750.0), ("street", 750.0), ("yard", 750.0)], cost);
    }

    #[test]
    fn a_camera_that_was_away_does_not_starve_the_others() {
        let s = scheduler(&[("a", 5.0), ("b", 5.0)]);
        for n in 0..100 {
            s.offer(frame("a", n, n * 1000));
            assert!(take_now(&s).is_some());
        }
        let mut b_in_a_row = 0;
        for n in 100..110 {
            s.offer(frame("a", n, n * 1000));
            s.offer(frame("b", n, n * 1000));
            match take_now(&s).map(|t| t.frame.camera.to_string()).as_deref() {
                Some("b") => b_in_a_row += 1,
                _ => break,
            }
        }
        assert!(b_in_a_row <= 1, "b was served {b_in_a_row} times in a row");
    }

    #[test]
    fn a_waiting_worker_wakes_when_a_frame_comes_and_when_all_is_closed() {
        let s = Arc::new(scheduler(&[("a", 5.0)]));
        let waiting = Arc::clone(&s);
        let worker = std::thread::spawn(move || {
            let far = Instant::now() + Duration::from_secs(30);
            let first = waiting.take(far).map(|t| t.frame.number);
            (first, waiting.take(far).map(|t| t.frame.number))
        });
        s.offer(frame("a", 7, 0));
        while s.counts()[0].1.taken == 0 {
            std::thread::yield_now();
        }
        s.close();
        assert_eq!(worker.join().expect("the worker ends"), (Some(7), None));
    }

    #[test]
    fn a_pace_slows_a_camera_down_and_never_beyond_its_rate() {
        let s = scheduler(&[("a", 5.0)]);
        let looked = |from: u64, to: u64| {
            (from..to)
                .step_by(40)
                .filter(|at| {
                    let f = frame("a", 0, *at);
                    let wanted = s.wants("a", f.at);
                    if wanted {
                        s.offer(f);
                        drop(take_now(&s));
                    }
                    wanted
                })
                .count()
        };
        assert_eq!(looked(0, 4000), 20);
        s.set_pace("a", Duration::from_secs(1));
        assert!((4..=5).contains(&looked(4000, 8000)));
        s.set_pace("a", Duration::ZERO);
        assert!((19..=21).contains(&looked(8000, 12000)), "at once, and at its own rate");
    }

    #[test]
    fn what_was_looked_at_already_is_looked_at_again_after_a_rewind() {
        let s = scheduler(&[("a", 5.0)]);
        s.offer(frame("a", 0, 4000));
        drop(take_now(&s));
        assert!(!s.wants("a", frame("a", 1, 2400).at));
        s.rewind("a", Duration::from_millis(2000));
        assert!(!s.wants("a", frame("a", 1, 2100).at) && s.wants("a", frame("a", 1, 2210).at));
    }

    #[test]
    fn a_mailbox_has_room_until_a_frame_waits_in_it() {
        let s = scheduler(&[("a", 5.0)]);
        assert!(s.has_room("a") && s.has_room("nobody"));
        s.offer(frame("a", 0, 0));
        assert!(!s.has_room("a"));
        let turn = take_now(&s);
        assert!(s.has_room("a"), "it is being looked at, another may wait");
        drop(turn);
    }

    #[test]
    fn frames_of_unknown_cameras_are_refused() {
        let s = scheduler(&[("a", 5.0)]);
        let f = frame("b", 0, 0);
        assert!(!s.wants("b", f.at));
        s.offer(f);
        assert!(take_now(&s).is_none());
    }
}
