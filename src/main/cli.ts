/**
 * The command line: every command is a thin client of the engine. Results go to standard output, progress and warnings to standard
 * error. Exit codes: 0 done, 1 failed, 2 wrong usage, 130 stopped by Ctrl-C.
 */
import { fileURLToPath } from 'node:url';
import { Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { addCorpusCommands } from './cli/corpusCommands.ts';
import { addDemoCommand } from './cli/demoCommand.ts';
import { addDoctorCommand } from './cli/doctorCommand.ts';
import { addEvaluationCommands } from './cli/evaluationCommands.ts';
import { addExchangeCommands } from './cli/exchangeCommands.ts';
import { addFinetuningCommands } from './cli/finetuningCommands.ts';
import { addHostCommand } from './cli/hostCommand.ts';
import { addModelCommands } from './cli/modelCommands.ts';
import { addRunCommands } from './cli/runCommands.ts';
import { addLabCommands } from './cli/labCommands.ts';
import { addStartCommand } from './cli/startCommand.ts';
import { Terminal } from './cli/terminal.ts';
import { toWireError } from '../shared/errors.ts';
import { VERSION } from './version.ts';

const program = new Command('cria')
  .description('A lab for small language models: clean, tokenize, train, distil, score, compare.')
  .version(VERSION)
  .option('-w, --workspace <dir>', 'folder that keeps runs, models and scores (default: your data folder)')
  .option('--json', 'print results as JSON')
  .exitOverride()
  .showHelpAfterError('(see `cria help` for the commands)')
  .configureHelp({ showGlobalOptions: true });

const terminal = new Terminal(program, fileURLToPath(import.meta.url));
addCorpusCommands(program, terminal);
addRunCommands(program, terminal);
addEvaluationCommands(program, terminal);
addFinetuningCommands(program, terminal);
addModelCommands(program, terminal);
addExchangeCommands(program, terminal);
addLabCommands(program, terminal);
addDemoCommand(program, terminal);
addDoctorCommand(program, terminal);
addHostCommand(program, terminal);
addStartCommand(program, terminal);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    const { code, message, hint } = toWireError(error);
    process.stderr.write(`${pc.red('error:')} ${message}\n${hint ? `${hint}\n` : ''}`);
    if (code === 'internal' && error instanceof Error && process.env.CRIA_DEBUG) process.stderr.write(`${error.stack}\n`);
    process.exitCode = code === 'cancelled' ? 130 : 1;
  }
}
