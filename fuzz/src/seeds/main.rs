//! Makes the corpora that the fuzz targets begin with, in `corpus/<target>`: small, and the same at every run.

mod batches;
mod directories;
mod messages;

use std::path::Path;

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let targets = [
        ("frame", messages::frames()),
        ("batch", batches::seeds()),
        ("log_files", directories::seeds()),
        ("metadata_record", messages::metadata_records()),
        ("group_record", messages::group_records()),
        ("subscription", messages::subscriptions()),
        ("properties", messages::properties()),
    ];
    for (target, seeds) in targets {
        let folder = corpus.join(target);
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::create_dir_all(&folder)?;
        let bytes: usize = seeds.iter().map(|(_, seed)| seed.len()).sum();
        println!("{target:16} {} seeds, {bytes} bytes", seeds.len());
        for (name, seed) in seeds {
            std::fs::write(folder.join(name), seed)?;
        }
    }
    Ok(())
}
