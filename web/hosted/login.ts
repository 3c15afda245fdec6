import { createApi } from './api.ts';
import { type LinkBoot, readBoot } from './boot.ts';
import { startJourney } from './login/journey.ts';
import { createLoginDesk } from './login/login-desk.ts';
import { createLoginPage } from './login/page.ts';
import { atTouch } from './touch.ts';

const boot = readBoot<LinkBoot>();
document.documentElement.dataset['island'] = 'login';
const desk = createLoginDesk(boot, createApi(window.fetch.bind(window)), createLoginPage(boot), atTouch());
void startJourney(desk, boot);
