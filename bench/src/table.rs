//! Text in columns.

/// Lines of a table: the first column to the left, the others to the right; the first row is the head.
pub fn lines(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cell = |(column, text): (usize, &String)| {
            let width = widths[column];
            if column == 0 { format!("{text:<width$}") } else { format!("{text:>width$}") }
        };
        row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut lines: Vec<String> = rows.iter().map(line).collect();
    if lines.len() > 1 {
        let all = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        lines.insert(1, "─".repeat(all));
    }
    lines
}

/// A number with about three digits that matter, thousands set apart.
pub fn number(value: f64) -> String {
    if value >= 1000.0 {
        let whole = format!("{value:.0}");
        let groups: Vec<&str> =
            whole.as_bytes().rchunks(3).rev().filter_map(|group| str::from_utf8(group).ok()).collect();
        groups.join(",")
    } else if value >= 100.0 {
        format!("{value:.0}")
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else if value >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let row = |cells: [&str; 2]| cells.map(ToOwned::to_owned).to_vec();
        let lines = lines(&[row(["what", "n"]), row(["list", "1,000"])]);
        assert_eq!(lines, ["what      n", "───────────", "list  1,000"]);
    }

    #[test]
    fn a_number_shows_what_matters_of_it() {
        let shown = [0.0421, 3.456, 45.67, 812.3, 4812.0, 1_234_567.0].map(number);
        assert_eq!(shown, ["0.042", "3.46", "45.7", "812", "4,812", "1,234,567"]);
    }
}
