//! Many pieces of work at once, but not too many.

use std::path::PathBuf;
use std::rc::Rc;

use tokio::sync::Semaphore;
use tokio::task::{JoinHandle, LocalSet};

/// Does `work` for every path, at most `most` at a time, and returns what came of each in the order
/// of the paths.
pub async fn together<T, F>(paths: Vec<PathBuf>, most: usize, work: impl Fn(PathBuf) -> F) -> Vec<T>
where
    T: 'static,
    F: Future<Output = T> + 'static,
{
    let room = Rc::new(Semaphore::new(most.max(1)));
    let set = LocalSet::new();
    let handles: Vec<JoinHandle<T>> = paths
        .into_iter()
        .map(|path| {
            let (room, work) = (Rc::clone(&room), work(path));
            set.spawn_local(async move {
                let _permit = room.acquire().await;
                work.await
            })
        })
        .collect();
    set.run_until(async {
        let mut done = Vec::with_capacity(handles.len());
        for handle in handles {
            match handle.await {
                Ok(result) => done.push(result),
                Err(error) => std::panic::resume_unwind(error.into_panic()),
            }
        }
        done
    })
    .await
}
