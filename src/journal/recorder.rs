//! The ends of the queues of one who records: that of the journal, and that of one who listens beside it, a shadow. Both get
//! the same entries in the same order.
//!
//! The queues are bounded and whoever records never waits: what does not fit is counted, and a hole stands in its place. Must
//! never keep an alert waiting, and must never let the one queue suffer from the other.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::entry::{Entry, Hole, HoleWhy};
use super::writer::JournalCounts;
use crate::analysis::time::Moment;

/// Records that may wait: some 20 s of a busy box, a few megabytes.
pub(super) const QUEUE: usize = 4096;

/// What a queue carries.
pub(super) enum Message {
    Entry(Box<Entry>),
    /// There are new settings, for a thread that waits. They do not come by the queue, which may be full.
    Settings,
    /// For the journal.
    Stop,
}

impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Message")
    }
}

/// The end of one queue. Each has its own count of what it had to give up.
#[derive(Debug)]
struct Queue {
    to: SyncSender<Message>,
    counts: Arc<JournalCounts>,
    /// Given up since the last record that was taken.
    lost: u64,
    /// What must not be given up, as nothing that follows can be judged without it.
    owed: Vec<Entry>,
    /// Whether nobody is at the other end any more.
    is_closed: bool,
}

impl Queue {
    fn new(to: SyncSender<Message>, counts: Arc<JournalCounts>) -> Self {
        Queue { to, counts, lost: 0, owed: Vec::new(), is_closed: false }
    }

    fn record(&mut self, entry: Entry) {
        if !self.pay(entry.at()) {
            return self.give_up(entry);
        }
        if let Err(entry) = self.send(entry) {
            self.give_up(*entry);
        }
    }

    /// Sends what is owed, and what was lost before it; `false` where there is no room yet.
    fn pay(&mut self, at: Option<Moment>) -> bool {
        if self.lost > 0 {
            let why = HoleWhy::Overflow { records: self.lost };
            if self.send(Entry::Hole(Hole { at, why })).is_err() {
                return false;
            }
            self.lost = 0;
        }
        while let Some(owed) = self.owed.first().cloned() {
            if self.send(owed).is_err() {
                return false;
            }
            self.owed.remove(0);
        }
        true
    }

    fn send(&mut self, entry: Entry) -> Result<(), Box<Entry>> {
        let (message, is_closed) = match self.to.try_send(Message::Entry(Box::new(entry))) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Full(message)) => (message, false),
            Err(TrySendError::Disconnected(message)) => (message, true),
        };
        self.is_closed = is_closed;
        match message {
            Message::Entry(entry) => Err(entry),
            // Nothing else was sent.
            Message::Settings | Message::Stop => Ok(()),
        }
    }

    fn give_up(&mut self, entry: Entry) {
        match entry {
            Entry::Session(_) | Entry::Reload { .. } | Entry::Mutes { .. } if !self.is_closed => {
                self.owed.push(entry);
            }
            Entry::Session(_)
            | Entry::Reload { .. }
            | Entry::Mutes { .. }
            | Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_)
            | Entry::Stop { .. } => {
                self.lost += 1;
                self.counts.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// One who records.
#[derive(Debug)]
pub struct Recorder {
    journal: Queue,
    listener: Option<Listener>,
}

/// Who is to be given every entry besides the journal.
#[derive(Debug)]
pub struct Listener(Queue);

/// The other end: the entries as they come. The iterator waits, and ends when whoever records lets go of the listener.
#[derive(Debug)]
pub struct LiveEntries(Receiver<Message>);

/// The two ends of a queue for one who listens.
pub fn listener() -> (Listener, LiveEntries) {
    let (to, entries) = sync_channel(QUEUE);
    (Listener(Queue::new(to, Arc::default())), LiveEntries(entries))
}

impl Listener {
    /// Gives it an entry that is not recorded: what it has to know before the first that is.
    pub fn give(&mut self, entry: Entry) {
        self.0.record(entry);
    }
}

impl Iterator for LiveEntries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        loop {
            match self.0.recv().ok()? {
                Message::Entry(entry) => return Some(*entry),
                // For the journal.
                Message::Settings | Message::Stop => {}
            }
        }
    }
}

impl Clone for Recorder {
    /// For somebody else who records: nobody listens to that one.
    fn clone(&self) -> Self {
        Recorder::of(self.journal.to.clone(), self.journal.counts.clone())
    }
}

impl Recorder {
    /// Records nothing, for who has no journal.
    pub fn off() -> Self {
        Recorder::of(sync_channel(0).0, Arc::default())
    }

    pub(super) fn of(queue: SyncSender<Message>, counts: Arc<JournalCounts>) -> Self {
        Recorder { journal: Queue::new(queue, counts), listener: None }
    }

    /// Whether anything is kept or listened to: where not, nothing but sessions and configurations need be recorded.
    pub fn is_on(&self) -> bool {
        self.listener.is_some() || self.is_kept()
    }

    fn is_kept(&self) -> bool {
        self.journal.counts.is_on.load(Ordering::Relaxed)
    }

    /// Records an entry. Never waits: what does not fit is counted, and a hole says so where it would have been.
    pub fn record(&mut self, entry: Entry) {
        let Some(Listener(mut listener)) = self.listener.take() else { return self.keep(entry) };
        // The journal first: what one who listens records of it comes after it.
        self.keep(entry.clone());
        listener.record(entry);
        self.listener = Some(Listener(listener)).filter(|Listener(listener)| !listener.is_closed);
    }

    /// The same for the journal alone.
    pub fn keep(&mut self, entry: Entry) {
        let is_wanted = match &entry {
            Entry::Session(_) | Entry::Reload { .. } | Entry::Mutes { .. } | Entry::Stop { .. } => true,
            Entry::Input(_)
            | Entry::Published(_)
            | Entry::Unwatched(_)
            | Entry::Shadow(_)
            | Entry::Hole(_) => self.is_kept(),
        };
        if is_wanted {
            self.journal.record(entry);
        }
    }

    /// From the next entry on this one listens, in place of the one before.
    pub fn set_listener(&mut self, listener: Option<Listener>) {
        self.listener = listener;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::analysis::time::Timestamp;
    use crate::journal::Input;

    fn tick(secs: u64) -> Entry {
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs(secs));
        Entry::Input(Input::Tick { at })
    }

    /// What waits in a queue, without waiting for more.
    fn waiting(messages: &Receiver<Message>) -> Vec<Entry> {
        let entry = |message| match message {
            Message::Entry(entry) => Some(*entry),
            Message::Settings | Message::Stop => None,
        };
        messages.try_iter().filter_map(entry).collect()
    }

    fn recorder(room: usize) -> (Recorder, Receiver<Message>) {
        let (queue, messages) = sync_channel(room);
        let counts = Arc::new(JournalCounts::default());
        counts.is_on.store(true, Ordering::Relaxed);
        (Recorder::of(queue, counts), messages)
    }

    #[test]
    fn what_does_not_fit_into_the_queue_is_counted_and_leaves_a_hole_where_it_would_have_been() {
        let (mut recorder, messages) = recorder(2);
        (0..5).for_each(|secs| recorder.record(tick(secs)));
        assert_eq!(waiting(&messages), [tick(0), tick(1)]);
        let why = HoleWhy::Overflow { records: 3 };
        recorder.record(tick(5));
        assert_eq!(waiting(&messages), [Entry::Hole(Hole { at: tick(5).at(), why }), tick(5)]);
        assert_eq!(recorder.journal.counts.lost.load(Ordering::Relaxed), 3);
        drop(messages);
        recorder.record(tick(6));
        let lost = recorder.journal.counts.lost.load(Ordering::Relaxed);
        assert_eq!(lost, 4, "nobody writes any more, and nobody is kept from anything");
    }

    #[test]
    fn nothing_is_owed_to_somebody_who_is_not_there_any_more() {
        let (mut recorder, messages) = recorder(2);
        drop(messages);
        let at = Moment::after_origin(Timestamp::UNIX_EPOCH, Duration::from_secs(1));
        (0..1_000).for_each(|_| recorder.record(Entry::Mutes { at, mutes: Vec::new() }));
        assert_eq!(recorder.journal.owed, [], "it would grow for as long as the box runs");
        assert_eq!(recorder.journal.counts.lost.load(Ordering::Relaxed), 1_000);
    }

    #[test]
    fn who_listens_is_given_what_is_recorded_and_a_hole_of_its_own_where_it_was_too_slow() {
        let (mut recorder, messages) = recorder(QUEUE * 2);
        let (listener, LiveEntries(live)) = listener();
        recorder.record(tick(0));
        recorder.set_listener(Some(listener));
        let entries: Vec<Entry> = (1..=QUEUE as u64 + 3).map(tick).collect();
        entries.iter().cloned().for_each(|entry| recorder.record(entry));
        assert_eq!(waiting(&live), entries[..QUEUE]);
        assert_eq!(waiting(&messages), [vec![tick(0)], entries].concat(), "the journal has all");
        recorder.record(tick(9));
        let why = HoleWhy::Overflow { records: 3 };
        assert_eq!(waiting(&live), [Entry::Hole(Hole { at: tick(9).at(), why }), tick(9)]);
        assert_eq!(waiting(&messages), [tick(9)]);
    }

    #[test]
    fn who_does_not_listen_any_more_is_let_go_and_one_who_listens_needs_no_journal() {
        let (mut recorder, messages) = recorder(8);
        recorder.journal.counts.is_on.store(false, Ordering::Relaxed);
        assert!(!recorder.is_on());
        let (listener, live) = listener();
        recorder.set_listener(Some(listener));
        assert!(recorder.is_on());
        recorder.record(tick(1));
        assert_eq!(waiting(&live.0), [tick(1)]);
        assert_eq!(waiting(&messages), [], "nothing is kept");
        drop(live);
        recorder.record(tick(2));
        assert!(!recorder.is_on());
    }
}
