//! The assignment problem: the pairing of rows and columns whose weights sum to the most.
//!
//! The Hungarian method with potentials and shortest augmenting paths (Kuhn 1955, Munkres 1957, in the
//! O(n²m) form of Jonker and Volgenant 1987). A weight of 0 or less means "these two never pair"; leaving
//! somebody alone costs nothing, so a pair is made only where it adds. Buffers are kept between calls.

/// Solves assignments; keeps its buffers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assignment {
    rows: usize,
    columns: usize,
    /// Row by row.
    weights: Vec<f32>,
    row_potential: Vec<f32>,
    column_potential: Vec<f32>,
    /// For each column (1-based) the row (1-based) it is paired with, 0 for none.
    row_of: Vec<usize>,
    way: Vec<usize>,
    shortest: Vec<f32>,
    used: Vec<bool>,
    pairs: Vec<(usize, usize)>,
}

impl Assignment {
    /// Starts a question with that many rows and columns, all weights 0.
    pub(crate) fn start(&mut self, rows: usize, columns: usize) {
        self.rows = rows;
        self.columns = columns;
        self.weights.clear();
        self.weights.resize(rows * columns, 0.0);
    }

    /// Says what pairing this row with this column is worth, at most a million. What is no number counts as 0.
    pub(crate) fn set(&mut self, row: usize, column: usize, weight: f32) {
        self.weights[row * self.columns + column] = if weight > 0.0 { weight.min(1e6) } else { 0.0 };
    }

    /// The best pairs `(row, column)`, in order of rows.
    pub(crate) fn solve(&mut self) -> &[(usize, usize)] {
        self.pairs.clear();
        if self.rows == 0 || self.columns == 0 {
            return &self.pairs;
        }
        // The method wants no more rows than columns; otherwise it is asked with the roles swapped.
        let swapped = self.rows > self.columns;
        let (n, m) = if swapped { (self.columns, self.rows) } else { (self.rows, self.columns) };
        self.pair_each_row(n, m, swapped);
        for column in 1..=m {
            let row = self.row_of[column];
            if row == 0 {
                continue;
            }
            let pair = if swapped { (column - 1, row - 1) } else { (row - 1, column - 1) };
            if self.weights[pair.0 * self.columns + pair.1] > 0.0 {
                self.pairs.push(pair);
            }
        }
        self.pairs.sort_unstable();
        &self.pairs
    }

    /// Finds the cheapest pairing of all `n` rows, cost being minus the weight.
    fn pair_each_row(&mut self, n: usize, m: usize, swapped: bool) {
        refill(&mut self.row_potential, n + 1, 0.0);
        refill(&mut self.column_potential, m + 1, 0.0);
        refill(&mut self.row_of, m + 1, 0);
        refill(&mut self.way, m + 1, 0);
        for row in 1..=n {
            self.row_of[0] = row;
            let mut column = 0;
            refill(&mut self.shortest, m + 1, f32::INFINITY);
            refill(&mut self.used, m + 1, false);
            // Grows a tree of shortest paths until it meets a column that is free.
            loop {
                self.used[column] = true;
                let tree_row = self.row_of[column];
                let mut step = f32::INFINITY;
                let mut next = 0;
                for candidate in 1..=m {
                    if self.used[candidate] {
                        continue;
                    }
                    let at = if swapped {
                        (candidate - 1) * self.columns + tree_row - 1
                    } else {
                        (tree_row - 1) * self.columns + candidate - 1
                    };
                    let reduced =
                        -self.weights[at] - self.row_potential[tree_row] - self.column_potential[candidate];
                    if reduced < self.shortest[candidate] {
                        self.shortest[candidate] = reduced;
                        self.way[candidate] = column;
                    }
                    if self.shortest[candidate] < step {
                        step = self.shortest[candidate];
                        next = candidate;
                    }
                }
                for other in 0..=m {
                    if self.used[other] {
                        self.row_potential[self.row_of[other]] += step;
                        self.column_potential[other] -= step;
                    } else {
                        self.shortest[other] -= step;
                    }
                }
                column = next;
                if self.row_of[column] == 0 {
                    break;
                }
            }
            // Turns the path round: every row on it takes the column that led to it.
            while column != 0 {
                let before = self.way[column];
                self.row_of[column] = self.row_of[before];
                column = before;
            }
        }
    }
}

fn refill<T: Copy>(buffer: &mut Vec<T>, length: usize, value: T) {
    buffer.clear();
    buffer.resize(length, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn solved(weights: &[Vec<f32>]) -> Vec<(usize, usize)> {
        let mut assignment = Assignment::default();
        assignment.start(weights.len(), weights.first().map_or(0, Vec::len));
        for (r, row) in weights.iter().enumerate() {
            for (c, &weight) in row.iter().enumerate() {
                assignment.set(r, c, weight);
            }
        }
        assignment.solve().to_vec()
    }

    fn worth(weights: &[Vec<f32>], pairs: &[(usize, usize)]) -> f32 {
        pairs.iter().map(|&(r, c)| weights[r][c]).sum()
    }

    /// Tries everything.
    fn best_worth(weights: &[Vec<f32>], row: usize, taken: u32) -> f32 {
        if row == weights.len() {
            return 0.0;
        }
        let mut best = best_worth(weights, row + 1, taken);
        for (c, &weight) in weights[row].iter().enumerate() {
            if taken & (1 << c) == 0 && weight > 0.0 {
                best = best.max(weight + best_worth(weights, row + 1, taken | (1 << c)));
            }
        }
        best
    }

    #[test]
    fn the_best_sum_beats_the_best_single_pair() {
        // Greedy would take 0.9 and be left with 0.0.
        assert_eq!(solved(&[vec![0.9, 0.8], vec![0.7, 0.0]]), [(0, 1), (1, 0)]);
    }

    #[test]
    fn those_who_never_pair_stay_alone() {
        assert_eq!(solved(&[vec![0.0, 0.0], vec![0.0, 0.4]]), [(1, 1)]);
        assert_eq!(solved(&[]), []);
        assert_eq!(solved(&[vec![f32::NAN, -1.0]]), []);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_other_pairing_is_worth_more(
            (rows, columns) in (1_usize..6, 1_usize..6),
            seed in proptest::collection::vec(0_u8..20, 25),
        ) {
            let weights: Vec<Vec<f32>> = (0..rows)
                .map(|r| (0..columns).map(|c| (f32::from(seed[r * 5 + c]) - 8.0) / 12.0).collect())
                .collect();
            let pairs = solved(&weights);
            for (i, a) in pairs.iter().enumerate() {
                prop_assert!(pairs[i + 1..].iter().all(|b| a.0 != b.0 && a.1 != b.1));
            }
            prop_assert!((worth(&weights, &pairs) - best_worth(&weights, 0, 0)).abs() < 1e-4);
        }
    }
}
