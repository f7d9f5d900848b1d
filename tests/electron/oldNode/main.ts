/** The shell with what its old JavaScript engine lacks. */
import 'core-js/stable';
import '../../../src/main/index.ts';
