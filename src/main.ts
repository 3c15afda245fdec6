import { runCommand } from '#cli/commands.ts';

// Everything has been closed by the command itself; what a library may still hold open must not keep a stopped hub alive.
process.exit(await runCommand(process.argv.slice(2)));
