import type { LoginView } from '#hosted/api.ts';
import type { Boot } from '../boot.ts';
import { h, slot } from '../dom.ts';
import { keyStage } from '../render/key-form.ts';
import { drawKeys } from '../render/key-list.ts';
import { drawNotice } from '../render/notice.ts';
import { createSheet, drawDeadline, type Sheet, steps } from '../render/sheet.ts';
import type { LoginScreen, LoginStage } from './screen.ts';

/** The login page: certificates and PIN, then the steps of the proof. */
export function createLoginPage(boot: Boot): Sheet<LoginView, LoginScreen> {
  const verify = h('div');
  return createSheet<LoginView, LoginStage>({
    boot,
    stages: {
      key: keyStage(boot, (road) => drawKeys(boot, road)),
      verify: {
        element: verify,
        draw: slot(verify, (stage) => [
          h(
            'div',
            { class: 'stage' },
            steps(stage.steps),
            stage.notice === null ? null : drawNotice(boot.words, stage.notice, false),
          ),
        ]),
      },
    },
    pinStage: 'key',
    focusOn: { verify: '#stage .checks' },
    drawView: (view) => drawDeadline(boot, view.state === 'claimed' ? view.expiresAt : null),
  });
}
