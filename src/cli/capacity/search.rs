//! The search for the largest number of cameras: from few to as many as hold, in few steps, because each takes half a
//! minute.
//!
//! A few cameras say little about many: they are at other places of their clips than the others, and a machine with
//! little to do takes longer for each. So a forecast is made anew with every larger number that holds, and only relied
//! on when it was made with a good part of itself; then that very number is tried. Must never know what a camera is.

/// The search has come to its end when what holds and what does not are this close together.
const CLOSE_ENOUGH: f64 = 1.08;
/// A forecast is relied on when it was made with so large a part of itself,
const RELIED_ON_FROM: f64 = 0.5;
/// and that part is meant to be a little larger, since the next forecast may be, too.
const MADE_WITH: f64 = 0.6;

/// What is known so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Search {
    /// The largest number that held; 0 before the first.
    pub holds: usize,
    /// The smallest number that did not.
    pub too_many: Option<usize>,
    /// What the figures pointed to before it was tried.
    pub forecast: Option<Forecast>,
    first: usize,
    most: usize,
}

/// How many cameras will hold, by what fewer of them cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub(super) struct Forecast {
    /// So many.
    pub cameras: usize,
    /// With so many it was made.
    pub made_with: usize,
}

impl Search {
    /// Begins with `first` cameras and never tries more than `most`.
    pub(super) fn new(first: usize, most: usize) -> Self {
        Search { holds: 0, too_many: None, forecast: None, first: first.min(most), most }
    }

    /// `count` cameras held, and by what they cost there is room for so many.
    pub(super) fn held(&mut self, count: usize, room_for: usize) {
        self.holds = self.holds.max(count);
        if self.forecast.is_none_or(|forecast| !forecast.is_relied_on()) {
            self.forecast = Some(Forecast { cameras: room_for.clamp(count, self.most), made_with: count });
        }
    }

    /// `count` cameras did not hold.
    pub(crate) fn was_too_many(&mut self, count: usize) {
        self.too_many = Some(self.too_many.map_or(count, |many| many.min(count)));
    }

    /// What is tried next; nothing once it is known how many hold.
    pub(super) fn next(&self) -> Option<usize> {
        let next = match (self.too_many, self.forecast) {
            (None, None) => self.first,
            (None, Some(forecast)) if !forecast.is_relied_on() => {
                forecast.part(MADE_WITH).min(self.holds * 2).max(self.holds + 1)
            }
            (None, Some(forecast)) if self.holds < forecast.cameras => forecast.cameras,
            (None, Some(_)) => (self.holds * 5 / 4).max(self.holds + 1),
            (Some(many), _) if self.holds == 0 => many / 2,
            (Some(many), _) if (many as f64) < self.holds as f64 * CLOSE_ENOUGH => return None,
            (Some(many), _) => (self.holds + many).div_ceil(2),
        };
        let next = next.min(self.most);
        let is_known = next <= self.holds || self.too_many.is_some_and(|many| next >= many);
        (!is_known).then_some(next)
    }
}

impl Forecast {
    fn is_relied_on(&self) -> bool {
        self.made_with >= self.part(RELIED_ON_FROM)
    }

    fn part(&self, part: f64) -> usize {
        (self.cameras as f64 * part).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches on a machine that holds `truth` cameras, where `count` of them cost `cost(count)` of the part of it that
    /// each will take in the end; what was tried.
    fn search(truth: usize, most: usize, cost: impl Fn(usize) -> f64) -> (Search, Vec<usize>) {
        let mut search = Search::new(4, most);
        let mut tried = Vec::new();
        while let Some(count) = search.next() {
            assert!(tried.len() < 30 && !tried.contains(&count), "{count} after {tried:?}");
            tried.push(count);
            if count <= truth {
                search.held(count, (truth as f64 / cost(count)) as usize);
            } else {
                search.was_too_many(count);
            }
        }
        (search, tried)
    }

    #[test]
    fn what_holds_is_found_within_a_twelfth_in_few_steps() {
        for truth in 1..=400 {
            let (search, tried) = search(truth, 1000, |_| 1.0);
            let holds = search.holds as f64;
            assert!(search.holds <= truth && truth as f64 <= holds * CLOSE_ENOUGH, "{search:?} of {truth}");
            assert!(tried.len() <= 13, "{tried:?} for {truth}");
        }
    }

    #[test]
    fn a_forecast_is_made_anew_until_it_was_made_with_a_good_part_of_itself_and_then_it_is_tried() {
        // What was measured with a street: a camera costs a quarter more beside three others than beside many.
        let cost = |count: usize| 1.0 + 1.0 / count as f64;
        let (search, tried) = search(24, 256, cost);
        assert_eq!(tried[..4], [4, 8, 13, 22]);
        assert_eq!(search.forecast, Some(Forecast { cameras: 22, made_with: 13 }), "the first said 19");
        assert_eq!(search.holds, 24);
        assert_eq!(search.too_many, Some(25));
    }

    #[test]
    fn where_few_cameras_say_nothing_it_is_found_all_the_same() {
        for cost in [0.1, 0.5, 3.0, 20.0] {
            let (search, tried) = search(40, 1000, |_| cost);
            assert!(search.holds <= 40 && search.holds >= 37, "{search:?} by {tried:?} at {cost}");
        }
    }

    #[test]
    fn no_more_are_tried_than_were_asked_for() {
        let (all, tried) = search(400, 20, |_| 1.0);
        assert_eq!((all.holds, all.too_many, tried.last()), (20, None, Some(&20)));
        let (one, tried) = search(400, 1, |_| 1.0);
        assert_eq!((one.holds, one.too_many, tried), (1, None, vec![1]));
    }

    #[test]
    fn where_not_even_one_holds_nothing_is_made_up() {
        let (search, tried) = search(0, 100, |_| 1.0);
        assert_eq!((search.holds, search.forecast, tried), (0, None, vec![4, 2, 1]));
    }
}
