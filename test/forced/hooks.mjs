// For programs that tests start as processes of their own (`node --import`): the same replacement as the alias of vitest.config.ts.
import { registerHooks } from 'node:module';

const stand = new URL('./provider.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) => next(specifier === '#crypto/provider.ts' ? stand : specifier, context),
});
