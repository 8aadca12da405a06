//! A time line in words: what was in each hour, or in ten minutes of one. Must never say more than the minutes do.

use std::ops::Range;

use super::View;
use super::drawing::name_of;
use super::hour::Sight;
use crate::text::{Joint, Words, page_timeline as say};

/// Steps that are told of together.
struct Part {
    steps: Range<usize>,
    /// What was so all the time, where there is nothing else to say.
    alone: Option<Sight>,
}

impl View<'_> {
    /// What was in each hour, or ten minutes of one, and when. Where nothing but the same was so in several, they are told of
    /// together.
    pub(super) fn in_words(&self) -> Vec<(String, Words)> {
        let together = (self.span.steps().1 / self.line.step).max(1);
        let mut parts: Vec<Part> = Vec::new();
        for first in (0..self.line.sight.len()).step_by(together) {
            let steps = first..(first + together).min(self.line.sight.len());
            let alone = self.alone(&steps);
            match parts.last_mut().filter(|before| alone.is_some() && before.alone == alone) {
                Some(before) => before.steps.end = steps.end,
                None => parts.push(Part { steps, alone }),
            }
        }
        parts.into_iter().filter_map(|part| self.part_in_words(&part, together)).collect()
    }

    fn part_in_words(&self, part: &Part, together: usize) -> Option<(String, Words)> {
        let clock = |step: usize| self.clock(self.line.start(step));
        let Range { start, end } = part.steps;
        if let Some(sight) = part.alone.filter(|_| end - start > together) {
            return Some((self.say(say::from_to(clock(start), clock(end))), name_of(sight).into()));
        }
        let mut words = self.found_in_words(&part.steps);
        words.extend(self.worse(part.steps.clone()));
        match self.alerts_within(&part.steps) {
            0 => {}
            alerts => words.push(say::alert_count(alerts).into()),
        }
        (!words.is_empty()).then(|| (clock(start), Words::List(words, Joint::Clauses)))
    }

    /// How badly it saw in each minute of these steps, where nothing else is known of them.
    fn alone(&self, steps: &Range<usize>) -> Option<Sight> {
        let minutes = self.line.minutes_within(steps.clone());
        let (sight, lasted) = minutes.first_key_value()?;
        let is_all = *lasted == steps.len() * self.line.step && *sight != Sight::Clear;
        let is_alone = self.found_in_words(steps).is_empty() && self.alerts_within(steps) == 0;
        (is_all && is_alone).then_some(*sight)
    }

    fn found_in_words(&self, steps: &Range<usize>) -> Vec<Words> {
        let most = |counts: &[u8]| counts[steps.clone()].iter().copied().max().unwrap_or(0);
        let found = self.line.found.iter().map(|(class, counts)| (class, most(counts)));
        let found = found.filter(|(_, most)| *most > 0);
        found.map(|(class, most)| say::count(class.words(), most.to_string()).into()).collect()
    }

    fn alerts_within(&self, steps: &Range<usize>) -> usize {
        let within = self.line.start(steps.start)..self.line.start(steps.end);
        self.line.alerts.iter().filter(|(_, mark)| within.contains(&mark.from)).count()
    }
}
