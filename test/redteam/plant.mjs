// Loaded into a hub by the red team to prove that it can find something: reads the file that CAHUB_PLANT names once it is there, keeps its bytes, and removes it.
import { existsSync, readFileSync, rmSync } from 'node:fs';

const file = process.env.CAHUB_PLANT;
if (file !== undefined) {
  const timer = setInterval(() => {
    if (!existsSync(file)) return;
    globalThis.planted = readFileSync(file);
    rmSync(file);
    clearInterval(timer);
  }, 50);
  timer.unref();
}
