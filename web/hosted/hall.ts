import { createApi } from './api.ts';
import { readBoot } from './boot.ts';
import { drawHallClocks } from './hall/clocks.ts';
import { createHallDesk, type HallBoot, type HallPageApi } from './hall/hall-desk.ts';
import { startHall } from './hall/journey.ts';
import { createHallPage } from './hall/page.ts';
import { screenOf } from './hall/screen/screen.ts';
import { atTouch } from './touch.ts';

const boot = readBoot<HallBoot>();
document.documentElement.dataset['island'] = 'hall';
const api = createApi<HallPageApi>(window.fetch.bind(window), '/hosted/api/hall');
const page = createHallPage(boot);
const desk = createHallDesk(boot, api, page, atTouch(), (model) => {
  page.draw(screenOf(model, boot));
  drawHallClocks(boot.words, desk.now());
});
void startHall(desk, boot, page);
