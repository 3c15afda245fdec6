import type { LoginView, PageApi } from '#hosted/api.ts';
import type { Api } from '../api.ts';
import type { Boot } from '../boot.ts';
import { createDesk } from '../create-desk.ts';
import type { Desk } from '../desk.ts';
import { emptyModel, type Model } from '../model.ts';
import type { Sheet } from '../render/sheet.ts';
import { type LoginScreen, screenOf } from './screen.ts';

/** Everything the login page knows. */
export interface LoginModel extends Model<LoginView> {
  readonly timing: Timing;
}

/** How long the steps took, for the list of steps; milliseconds. */
export interface Timing {
  readonly signedMs: number | null;
  readonly judgedMs: number | null;
}

export type LoginDesk = Desk<PageApi, LoginModel>;

export const emptyLogin = (touch: boolean): LoginModel => ({
  ...emptyModel(touch),
  timing: { signedMs: null, judgedMs: null },
});

export function createLoginDesk(boot: Boot, api: Api, sheet: Sheet<LoginView, LoginScreen>, touch: boolean): LoginDesk {
  return createDesk<PageApi, LoginModel>({
    boot,
    api,
    page: sheet,
    empty: emptyLogin(touch),
    draw: (model) => sheet.draw(screenOf(model, boot)),
    judge: async (desk, certificates) => {
      const interaction = desk.model().view?.interaction ?? '';
      const asked = certificates.map(({ key, sign }) => ({ key, sign }));
      const answer = await desk.ask('certificates', { interaction, certificates: asked });
      if (answer.ok) return answer.value.certificates;
      desk.refused(answer.error);
      return null;
    },
    onView: (_, view) => ({ leaving: view.state === 'succeeded' && view.next?.kind === 'redirect' }),
    afterView: (desk, view) => {
      if (view.state !== 'claimed') {
        desk.session()?.close();
        desk.holdSession(null);
      }
      // Replaced, not pushed: the way back must not lead into a used link.
      if (view.state === 'succeeded' && view.next?.kind === 'redirect') location.replace(view.next.url);
    },
  });
}

/** Nothing more can happen on this page. */
export const isOver = (model: LoginModel): boolean =>
  model.fault !== null || (model.view !== null && model.view.state !== 'claimed' && model.view.state !== 'proved');
