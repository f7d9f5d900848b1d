import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import vue from 'eslint-plugin-vue';
import typescript from 'typescript-eslint';

export default defineConfig(
  globalIgnores(['out/', 'node_modules/', 'coverage/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [typescript.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { project: ['tsconfig.json', 'tsconfig.renderer.json', 'tsconfig.window.json'] } },
    rules: {
      // Indices into arrays that the code itself has measured.
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Tensor ranks are asserted where tfjs's types lose them; whether by type argument or assertion is a matter of reading.
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // A promise-returning function need not await to be honest about its type.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true, allowNullish: true }],
    },
  },
  ...vue.configs['flat/recommended'].map((config) => ({ ...config, files: ['**/*.vue'] })),
  {
    // vue-tsc checks their types.
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: typescript.parser } },
    rules: {
      'no-undef': 'off',
      'no-unused-vars': 'off',
      // Lines are as long as they are read; attributes stand together while they fit.
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/html-indent': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/html-self-closing': ['error', { html: { void: 'always' } }],
      'vue/require-default-prop': 'off',
      'vue/attributes-order': 'off',
      'vue/no-template-shadow': 'off',
    },
  },
  {
    // Python's idea of white space and words is spelt out there, control characters and all.
    files: ['src/main/corpus/**', 'src/main/evaluation/encode.ts'],
    rules: { 'no-control-regex': 'off', 'no-misleading-character-class': 'off' },
  },
  {
    files: ['tests/**/*.ts'],
    rules: {
      // Matchers such as expect.stringContaining are typed as any.
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    languageOptions: { globals: { process: 'readonly', URL: 'readonly', console: 'readonly', require: 'readonly', module: 'writable', globalThis: 'readonly' } },
  },
);
