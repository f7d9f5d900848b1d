/** The shell with what its old JavaScript engine lacks. */
import 'core-js/stable';
import './abortController.ts';
import '../../../src/main/index.ts';
