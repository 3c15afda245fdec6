// A hub as far as a driver process sees it: opens one, says its pid, waits to be killed.
import { ownChild } from '#drivers/own-child.ts';
import { startProcess } from '#drivers/process.ts';
import { systemClock } from '#kernel/clock.ts';

const driver = startProcess({
  program: ownChild(),
  clock: systemClock,
  message: () => console.log(driver.pid),
  ended: () => process.exit(1),
});
driver.send({ type: 'open', protocol: 1, driver: 'standard-key', config: {} });
setInterval(() => undefined, 1000);
