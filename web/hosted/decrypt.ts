import { createApi } from './api.ts';
import { type LinkBoot, readBoot } from './boot.ts';
import { createDecryptDesk, type DecryptApi } from './decrypt/decrypt-desk.ts';
import { startJourney } from './decrypt/journey.ts';
import { createDecryptPage } from './decrypt/page.ts';
import { atTouch } from './touch.ts';

const boot = readBoot<LinkBoot>();
document.documentElement.dataset['island'] = 'decrypt';
const api = createApi<DecryptApi>(window.fetch.bind(window), '/hosted/api/decrypt');
const desk = createDecryptDesk(boot, api, createDecryptPage(boot), atTouch());
void startJourney(desk, boot);
