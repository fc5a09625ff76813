/**
 * Our own lint, stricter than n8n's. `eslint.config.mjs` has to stay as n8n's verification wants it, so this runs as
 * a second pass: `eslint --config eslint.strict.config.mjs .`
 *
 * It guards the layers: actions -> import -> advocate -> port; segments stands below all and imports nothing.
 */
import { config as n8nConfig } from '@n8n/node-cli/eslint';

const NODE = 'nodes/ImpactAdvocate';

/**
 * @param {string[]} files where the rule holds
 * @param {{ regex: string, message: string }[]} patterns what may not be imported there
 * @param {string[]} ignores exceptions
 */
const layer = (files, patterns, ignores = []) => ({
	files,
	ignores,
	rules: { 'no-restricted-imports': ['error', { patterns }] },
});

/** Another folder of the node, from inside one of its folders (at any depth). */
const folders = (names, message) => ({ regex: `^(\\.\\./)+(${names.join('|')})(/|$)`, message });

const packagesBut = (names, message) => ({ regex: `^(?!(${names.join('|')})(/|$))[^.]`, message });

const viaPort = 'Go through the port (advocate/port.ts), so that this works without n8n.';
const csvOnly = 'Only import/csv.ts may use papaparse: the build bundles it into that one file.';
const upward =
	'Layers import downwards only: actions -> import -> advocate; segments is below all.';

/** Layers below the port know packages of Node that every host has, and nothing of n8n. */
const withoutN8n = (...allowed) => packagesBut(['node:crypto', ...allowed], viaPort);

// TypeScript's parser and rules come with n8n's configuration.
const parser = n8nConfig.map((entry) => entry.languageOptions?.parser).find(Boolean);
// All plugins, so that the comments that disable rules of n8n's pass name rules that exist.
const plugins = Object.assign({}, ...n8nConfig.map((entry) => entry.plugins));

export default [
	{
		ignores: ['dist/**', 'node_modules/**', 'coverage/**', 'demo-output/**', '**/*.js', '**/*.mjs'],
	},
	{
		files: ['**/*.ts'],
		languageOptions: {
			parser,
			parserOptions: { ecmaVersion: 2022, sourceType: 'module' },
		},
		plugins,
		// Its directives name rules of the other pass.
		linterOptions: { reportUnusedDisableDirectives: 'off' },
		rules: {
			'@typescript-eslint/no-explicit-any': 'error',
			'@typescript-eslint/no-non-null-assertion': 'error',
			'@typescript-eslint/ban-ts-comment': 'error',
			'@typescript-eslint/consistent-type-imports': 'error',
			'@typescript-eslint/no-unused-vars': [
				'error',
				{ argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
			],
			eqeqeq: ['error', 'always'],
			'no-var': 'error',
			'prefer-const': 'error',
			'no-param-reassign': 'error',
			'no-else-return': 'error',
			'no-lonely-if': 'error',
			'no-nested-ternary': 'off',
			'no-throw-literal': 'error',
			'no-unneeded-ternary': 'error',
			'object-shorthand': 'error',
			complexity: ['error', 25],
			'max-depth': ['error', 4],
			'max-params': ['error', 6],
		},
	},
	// The port is `send(request)` etc.; test doubles and the engine adapter cast what n8n doesn't type.
	{ files: ['test/**/*.ts'], rules: { complexity: 'off', 'max-params': 'off' } },

	layer(
		[`${NODE}/segments/**/*.ts`],
		[
			{
				regex: '^(\\.\\./|[^.])',
				message: 'segments/ holds pure rules and imports nothing from outside.',
			},
		],
	),
	layer(
		[`${NODE}/advocate/**/*.ts`],
		[
			withoutN8n(),
			folders(['actions', 'import', 'methods'], upward),
			folders(['n8nPort', 'ImpactAdvocate\\.node'], viaPort),
		],
	),
	layer(
		[`${NODE}/import/**/*.ts`],
		[
			withoutN8n(),
			folders(['actions', 'methods'], upward),
			folders(['n8nPort', 'ImpactAdvocate\\.node'], viaPort),
		],
		[`${NODE}/import/csv.ts`],
	),
	layer(
		[`${NODE}/import/csv.ts`],
		[
			withoutN8n('papaparse'),
			folders(['actions', 'methods'], upward),
			folders(['n8nPort', 'ImpactAdvocate\\.node'], viaPort),
		],
	),
	// The triggers are edges like the node itself; what they share with it they take from its layers.
	layer(
		['nodes/ImpactAdvocateTrigger/**/*.ts', 'nodes/ImpactAdvocateSegmentTrigger/**/*.ts'],
		[
			packagesBut(['n8n-workflow', 'node:crypto'], csvOnly),
			folders(['ImpactAdvocate/import', 'ImpactAdvocate/ImpactAdvocate\\.node'], upward),
		],
	),
	layer(
		[`${NODE}/actions/**/*.ts`],
		[
			packagesBut(['n8n-workflow', 'node:crypto'], csvOnly),
			folders(['methods', 'ImpactAdvocate\\.node'], upward),
		],
	),
	layer(
		[`${NODE}/methods/**/*.ts`],
		[packagesBut(['n8n-workflow'], csvOnly), folders(['import', 'ImpactAdvocate\\.node'], upward)],
	),
	layer(
		[`${NODE}/ImpactAdvocate.node.ts`],
		[
			packagesBut(['n8n-workflow'], csvOnly),
			{ regex: '^\\./(import|advocate|segments)/', message: upward },
		],
	),
	layer(
		[`${NODE}/n8nPort.ts`],
		[
			packagesBut(['n8n-workflow'], csvOnly),
			{ regex: '^\\./(?!advocate/)', message: 'The port leads to the API client only.' },
		],
	),
	layer(
		['credentials/**/*.ts'],
		[
			packagesBut(['n8n-workflow'], csvOnly),
			{ regex: `^\\.\\./nodes/(?!ImpactAdvocate/advocate/baseUrl$)`, message: upward },
		],
	),
];
