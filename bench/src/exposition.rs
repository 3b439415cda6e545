//! Reading a service's own metrics.

/// The sum of a metric over all its labels; 0 where it was not counted yet.
pub fn sum(text: &str, metric: &str) -> f64 {
    let samples = text.lines().filter_map(|line| {
        let rest = line.strip_prefix(metric)?;
        let rest = match rest.strip_prefix('{') {
            // No label of ours holds a brace.
            Some(labels) => labels.split_once('}')?.1,
            None => rest,
        };
        rest.strip_prefix(' ')?.split(' ').next()?.parse::<f64>().ok()
    });
    samples.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_summed_over_its_labels() {
        let text = "# TYPE holds counter\nholds{why=\"a\"} 2\nholds{why=\"b\"} 3.5\nholds_total 9\n";
        assert!((sum(text, "holds") - 5.5).abs() < f64::EPSILON);
        assert!((sum(text, "holds_total") - 9.0).abs() < f64::EPSILON);
        assert!(sum(text, "other").abs() < f64::EPSILON);
    }
}
