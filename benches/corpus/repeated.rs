//! A large XML document out of a small one: one of its elements again and again.

use std::io::{self, Write};

/// Where the first element of that name stands in `sample`, as written with its prefix, up to the
/// end of its end tag.
fn element(sample: &str, name: &str) -> Option<(usize, usize)> {
    let open = format!("<{name}");
    let close = format!("</{name}>");
    let begins = |at: usize| {
        let after = sample.as_bytes().get(at + open.len());
        after.is_some_and(|byte| matches!(byte, b'>' | b'/' | b' ' | b'\t' | b'\r' | b'\n'))
    };
    let mut starts = sample.match_indices(&open).map(|(at, _)| at);
    let start = starts.find(|at| begins(*at))?;
    let (mut at, mut depth) = (start, 0);
    loop {
        let rest = &sample[at..];
        let end = rest.find('>')? + 1;
        if rest.starts_with(&close) {
            depth -= 1;
        } else if rest.starts_with(&open) && begins(at) && !rest[..end].ends_with("/>") {
            depth += 1;
        }
        at += end;
        if depth == 0 {
            return Some((start, at));
        }
        at += sample[at..].find('<')?;
    }
}

/// Writes `sample` with its first element of that name repeated until at least `size` bytes are
/// there; the number of bytes. What must differ between repetitions is not looked at: take an
/// element without keys.
///
/// # Errors
/// When there is no such element, or writing fails.
pub fn write(sample: &str, name: &str, size: u64, to: &mut dyn Write) -> io::Result<u64> {
    let Some((start, end)) = element(sample, name) else {
        return Err(io::Error::other(format!("no element {name}")));
    };
    let item = &sample[start..end];
    let rest = (sample.len() - item.len()) as u64;
    let count = size.saturating_sub(rest).div_ceil(item.len() as u64).max(1);
    to.write_all(&sample.as_bytes()[..start])?;
    for _ in 0..count {
        to.write_all(item.as_bytes())?;
    }
    to.write_all(&sample.as_bytes()[end..])?;
    Ok(rest + count * item.len() as u64)
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_element_is_repeated() {
        let mut out = Vec::new();
        let sample = "<a><bb/><b>1<b/></b><c/></a>";
        let written = super::write(sample, "b", 60, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        assert_eq!(out.len() as u64, written);
        assert_eq!(out, format!("<a><bb/>{}<c/></a>", "<b>1<b/></b>".repeat(4)));
        assert!(super::write(sample, "d", 60, &mut Vec::new()).is_err());
    }
}
