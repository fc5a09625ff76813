/**
 * Our own lint, stricter than n8n's. `eslint.config.mjs` has to stay as n8n's verification wants it, so this runs as
 * a second pass: `eslint --config eslint.strict.config.mjs .`
 *
 * It guards the floors of the house, see `FLOORS`.
 */
import path from 'node:path';
import { config as n8nConfig } from '@n8n/node-cli/eslint';

/**
 * The floors, from the top down: who may import what. `floor` is a folder or file; `uses` lists what may be imported
 * besides what is in the floor itself, `packages` the packages. Everything else is refused with `says`.
 *
 * `test/package/layers.test.ts` makes sure that this is what happens.
 */
const NODE = 'nodes/ImpactAdvocate';
const SHARED = 'nodes/shared';
/** What everything may use: how input is read, how it is refused, and what nobody means by it. */
const GROUND = [`${SHARED}/inputError`, `${SHARED}/inputValue`, `${SHARED}/leftovers`];

const viaPort =
	'This floor knows nothing of n8n: go through the port (shared/advocate/client/port.ts).';
const csvOnly =
	'Only import/file/records.ts may use papaparse: the build bundles it into that one file.';
const upward =
	'Floors import downwards only: actions -> import, sync, export, deeds -> writes -> shared/advocate -> shared/segments.';
const sharedOnly = 'A trigger imports from nodes/shared only, never from another node.';

const FLOORS = [
	{
		floor: `${SHARED}/segments`,
		uses: [...GROUND],
		packages: [],
		says: 'shared/segments holds pure rules and imports nothing but inputError, inputValue and leftovers.',
	},
	{
		floor: `${SHARED}/advocate`,
		uses: [`${SHARED}/segments`, ...GROUND],
		packages: ['node:crypto'],
		says: `${upward} ${viaPort}`,
	},
	{
		floor: `${SHARED}/n8n`,
		uses: [`${SHARED}/advocate`, `${SHARED}/segments`, ...GROUND],
		packages: ['n8n-workflow', 'node:crypto'],
		says: `shared/ is used by more than one node and imports from none. ${csvOnly}`,
	},
	{
		floor: `${NODE}/writes`,
		uses: [`${SHARED}/advocate`, `${SHARED}/segments`, ...GROUND],
		packages: ['node:crypto'],
		says: `${upward} ${viaPort}`,
	},
	{
		floor: `${NODE}/deeds`,
		uses: [`${SHARED}/advocate`, ...GROUND],
		packages: ['node:crypto'],
		says: `${upward} ${viaPort}`,
	},
	...['import', 'sync', 'export'].map((name) => ({
		floor: `${NODE}/${name}`,
		but: [`${NODE}/import/file/records.ts`],
		uses: [
			`${NODE}/import`,
			`${NODE}/writes`,
			`${SHARED}/advocate`,
			`${SHARED}/segments`,
			...GROUND,
		],
		packages: ['node:crypto'],
		says: `${upward} ${viaPort} ${csvOnly}`,
	})),
	{
		floor: `${NODE}/import/file/records.ts`,
		uses: [`${NODE}/import`, ...GROUND],
		packages: ['papaparse'],
		says: `${upward} ${viaPort}`,
	},
	{
		floor: `${NODE}/actions`,
		uses: [
			`${NODE}/import`,
			`${NODE}/sync`,
			`${NODE}/export`,
			`${NODE}/writes`,
			`${NODE}/deeds`,
			SHARED,
		],
		packages: ['n8n-workflow', 'node:crypto'],
		says: `${upward} ${csvOnly}`,
	},
	{
		floor: `${NODE}/ImpactAdvocate.node.ts`,
		uses: [`${NODE}/actions`, `${SHARED}/n8n`],
		packages: ['n8n-workflow'],
		says: `${upward} ${csvOnly}`,
	},
	...['ImpactAdvocateTrigger', 'ImpactAdvocateSegmentTrigger'].map((trigger) => ({
		floor: `nodes/${trigger}`,
		uses: [SHARED],
		packages: ['n8n-workflow', 'node:crypto'],
		says: `${sharedOnly} ${csvOnly}`,
	})),
	{
		floor: 'credentials',
		uses: [`${SHARED}/advocate/credential`],
		packages: ['n8n-workflow'],
		says: 'The credential imports nothing but shared/advocate/credential.',
	},
];

const isIn = (target, place) => target === place || target.startsWith(`${place}/`);

/** ESLint's own rule sees only the text of an import; this one sees the file that it leads to. */
const floors = {
	rules: {
		floors: {
			meta: { type: 'problem', schema: [{ type: 'object' }] },
			create(context) {
				const { floor, uses, packages, says } = context.options[0];
				const file = path.relative(import.meta.dirname, context.filename).replaceAll('\\', '/');
				const check = ({ source }) => {
					if (typeof source?.value !== 'string') return;
					const isRelative = source.value.startsWith('.');
					const target = isRelative
						? path.posix.join(path.posix.dirname(file), source.value)
						: source.value;
					const places = isRelative ? [floor.replace(/\.ts$/, ''), ...uses] : packages;
					if (places.some((place) => isIn(target, place))) return;
					context.report({ node: source, message: `'${source.value}' is not open here. ${says}` });
				};
				return {
					ImportDeclaration: check,
					ExportNamedDeclaration: check,
					ExportAllDeclaration: check,
					ImportExpression: check,
				};
			},
		},
	},
};

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

	...FLOORS.map(({ but = [], ...floor }) => ({
		files: [floor.floor.endsWith('.ts') ? floor.floor : `${floor.floor}/**/*.ts`],
		ignores: but.filter((file) => file !== floor.floor),
		plugins: { house: floors },
		rules: { 'house/floors': ['error', floor] },
	})),
];
