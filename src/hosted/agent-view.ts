import type { AgentView } from './api.ts';
import type { HostedDeps } from './deps.ts';

/** Where the agent listens, and the module that speaks to it. */
export const agentView = ({ agentEndpoints, assets }: Pick<HostedDeps, 'agentEndpoints' | 'assets'>): AgentView => ({
  endpoints: agentEndpoints,
  dialect: { url: assets.url('dialects/standard-key.js'), integrity: assets.integrity('dialects/standard-key.js') },
});
