import { createApi } from './api.ts';
import { type Boot, readBoot } from './boot.ts';
import { startJourney } from './journey.ts';
import { createPage } from './render/page.ts';

const boot = readBoot<Boot>();
document.documentElement.dataset['island'] = 'login';
/** No mouse and a finger: a phone or a tablet. */
const touch = window.matchMedia('(hover: none) and (pointer: coarse)').matches;
document.documentElement.classList.toggle('is-touch', touch);
void startJourney(boot, createApi(window.fetch.bind(window)), createPage(boot), touch);
