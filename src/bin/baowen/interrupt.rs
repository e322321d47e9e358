//! Files that have no name yet, taken away when the program is ended from outside: Ctrl-C at a terminal, or
//! the signal of a supervisor.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

use signal_hook::consts::TERM_SIGNALS;
use signal_hook::{flag, low_level};
use tempfile::{NamedTempFile, TempPath};

/// Files that would be left behind.
static UNNAMED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// How long a signal goes unnoticed, at most: not every system lets a thread wait for one.
const GLANCE: Duration = Duration::from_millis(20);

/// The file of a path that goes away with it, and with the program, unless it is given a name.
pub(crate) struct Unnamed(Option<TempPath>);

impl Unnamed {
    /// The file that `making` makes.
    pub(crate) fn new(
        making: impl FnOnce() -> io::Result<NamedTempFile>,
    ) -> io::Result<(File, Self)> {
        watch();
        let mut all = all();
        let (file, path) = making()?.into_parts();
        all.insert(path.to_path_buf());
        Ok((file, Self(Some(path))))
    }

    /// Gives it a name, in the place of a file that has it.
    pub(crate) fn persist(mut self, to: &Path) -> io::Result<()> {
        let Some(path) = self.0.take() else {
            return Ok(());
        };
        let mut all = all();
        all.remove(&*path);
        path.persist(to).map_err(|error| error.error)
    }
}

impl AsRef<Path> for Unnamed {
    fn as_ref(&self) -> &Path {
        self.0.as_deref().unwrap_or(Path::new(""))
    }
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        if let Some(path) = self.0.take() {
            let mut all = all();
            all.remove(&*path);
            // While no signal is heeded.
            drop(path);
        }
    }
}

fn all() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    // A set is whole after any panic.
    UNNAMED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From the first file on, a thread takes away what is there when a signal comes, and ends the program as
/// that signal does: a shell sees 128 and its number.
fn watch() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let came = Arc::new(AtomicUsize::new(0));
        for signal in TERM_SIGNALS {
            // Where a signal cannot be caught, it ends the program as it always did.
            let _ = flag::register_usize(*signal, came.clone(), signal.unsigned_abs() as usize);
        }
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(GLANCE);
                let signal = came.load(Ordering::SeqCst);
                if signal > 0 {
                    end(signal);
                }
            }
        });
    });
}

fn end(signal: usize) {
    // Held to the end: no file is made or named any more.
    let all = all();
    for path in all.iter() {
        let _ = std::fs::remove_file(path);
    }
    let signal = i32::try_from(signal).unwrap_or_default();
    let _ = low_level::emulate_default_handler(signal);
    // Where the system has no such end.
    low_level::exit(128 + signal);
}
