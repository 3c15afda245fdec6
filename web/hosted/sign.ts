import { createApi } from './api.ts';
import { readBoot } from './boot.ts';
import { byId } from './dom.ts';
import { inFrame } from './permission.ts';
import { createEmbedder } from './sign/embedder.ts';
import { afterView, type Parts, settle, startJourney } from './sign/journey.ts';
import { createSignPage } from './sign/page.ts';
import { createPapers } from './sign/papers.ts';
import { screenOf } from './sign/screen/screen.ts';
import { createSignDesk, type SignApi, type SignBoot } from './sign/sign-desk.ts';
import { atTouch } from './touch.ts';

const boot = readBoot<SignBoot>();
document.documentElement.dataset['island'] = 'sign';
const api = createApi<SignApi>(window.fetch.bind(window), '/hosted/api/sign');
const page = createSignPage(boot);
const parts: Parts = { papers: null, signing: null, placing: null, keeping: null, embedder: null };
const desk = createSignDesk({
  boot,
  api,
  page,
  touch: atTouch(),
  framed: inFrame(),
  draw: (model) => {
    page.draw(screenOf(model, boot));
    parts.embedder?.look();
    parts.keeping?.look();
  },
  afterView: (one, view) => afterView(one, view, parts),
});
parts.embedder = createEmbedder(desk, boot);
parts.papers = createPapers(desk, boot, byId('paper'), () => settle(parts));
void startJourney(desk, boot, page, parts);
