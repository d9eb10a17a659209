import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { App, SignedIn } from './App.tsx'
import { runOfFragment } from './mlflow-link.ts'
import { NotFoundPage, PageFailure } from './PageFailure.tsx'
import { parseSearch, printSearch } from './search-state.ts'
import { LoginPage } from './SignInPage.tsx'

const root = createRootRoute({ component: App, notFoundComponent: NotFoundPage, errorComponent: PageFailure })
const gallery = createRoute({
  getParentRoute: () => root,
  path: '/gallery',
  component: lazyRouteComponent(() => import('../features/gallery/index.ts'), 'GalleryPage'),
})
const login = createRoute({ getParentRoute: () => root, path: '/login', component: LoginPage })
const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn })
const start = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/home' })
  },
})
const workspace = createRoute({ getParentRoute: () => signedIn, path: '/w/$resourceGroup/$workspace' })

const atRoot = () => signedIn
const inWorkspace = () => workspace
const compute = () => import('../features/compute/index.ts')
const jobs = () => import('../features/jobs/index.ts')
const data = () => import('../features/data/index.ts')
const environments = () => import('../features/environments/index.ts')
const models = () => import('../features/models/index.ts')
const endpoints = () => import('../features/endpoints/index.ts')
const monitors = () => import('../features/monitors/index.ts')
const schedules = () => import('../features/schedules/index.ts')
const registries = () => import('../features/registries/index.ts')
const releases = () => import('../features/releases/index.ts')

const instancePages = [
  createRoute({
    getParentRoute: atRoot,
    path: '/home',
    component: lazyRouteComponent(() => import('../features/home/index.ts'), 'HomePage'),
  }),
  createRoute({ getParentRoute: atRoot, path: '/releases', component: lazyRouteComponent(releases, 'ReleaseListPage') }),
  createRoute({
    getParentRoute: atRoot,
    path: '/releases/$resourceGroup/$release',
    component: lazyRouteComponent(releases, 'ReleasePage'),
  }),
  createRoute({ getParentRoute: atRoot, path: '/registries', component: lazyRouteComponent(registries, 'RegistryListPage') }),
  createRoute({
    getParentRoute: atRoot,
    path: '/registries/$resourceGroup/$registry',
    component: lazyRouteComponent(registries, 'RegistryPage'),
  }),
  createRoute({
    getParentRoute: atRoot,
    path: '/registries/$resourceGroup/$registry/models/$model/$version',
    component: lazyRouteComponent(models, 'RegistryModelPage'),
  }),
  createRoute({
    getParentRoute: atRoot,
    path: '/activity',
    component: lazyRouteComponent(() => import('../features/activity/index.ts'), 'ActivityPage'),
  }),
]

const workspacePages = [
  createRoute({
    getParentRoute: inWorkspace,
    path: '/',
    beforeLoad: ({ params }) => {
      throw redirect({ to: '/w/$resourceGroup/$workspace/jobs', params } as never)
    },
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/mlflow',
    beforeLoad: ({ params, location }) => {
      const { resourceGroup, workspace: name } = params
      const run = runOfFragment(location.hash)
      const href = `/w/${resourceGroup}/${name}/jobs${run === undefined ? '' : `/${encodeURIComponent(run)}`}`
      throw redirect({ href, replace: true })
    },
  }),
  createRoute({ getParentRoute: inWorkspace, path: '/jobs', component: lazyRouteComponent(jobs, 'JobListPage') }),
  createRoute({ getParentRoute: inWorkspace, path: '/jobs/$job', component: lazyRouteComponent(jobs, 'JobPage') }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/pipelines',
    component: lazyRouteComponent(() => import('../features/pipelines/index.ts'), 'PipelineListPage'),
  }),
  createRoute({ getParentRoute: inWorkspace, path: '/schedules', component: lazyRouteComponent(schedules, 'ScheduleListPage') }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/schedules/$schedule',
    component: lazyRouteComponent(schedules, 'SchedulePage'),
  }),
  createRoute({ getParentRoute: inWorkspace, path: '/data', component: lazyRouteComponent(data, 'DataListPage') }),
  createRoute({ getParentRoute: inWorkspace, path: '/data/$asset', component: lazyRouteComponent(data, 'DataVersionsPage') }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/data/$asset/$version',
    component: lazyRouteComponent(data, 'DataVersionPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/environments',
    component: lazyRouteComponent(environments, 'EnvironmentListPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/environments/$asset',
    component: lazyRouteComponent(environments, 'EnvironmentVersionsPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/environments/$asset/$version',
    component: lazyRouteComponent(environments, 'EnvironmentVersionPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/compute',
    component: lazyRouteComponent(compute, 'ComputePage'),
  }),
  createRoute({ getParentRoute: inWorkspace, path: '/compute/queue', component: lazyRouteComponent(compute, 'QueuePage') }),
  createRoute({ getParentRoute: inWorkspace, path: '/models', component: lazyRouteComponent(models, 'ModelListPage') }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/models/$asset',
    component: lazyRouteComponent(models, 'ModelVersionsPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/models/$asset/$version',
    component: lazyRouteComponent(models, 'ModelVersionPage'),
  }),
  createRoute({ getParentRoute: inWorkspace, path: '/endpoints', component: lazyRouteComponent(endpoints, 'EndpointListPage') }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/endpoints/$endpoint',
    component: lazyRouteComponent(endpoints, 'EndpointPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/batch-endpoints',
    component: lazyRouteComponent(endpoints, 'BatchEndpointListPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/batch-endpoints/$endpoint',
    component: lazyRouteComponent(endpoints, 'BatchEndpointPage'),
  }),
  createRoute({ getParentRoute: inWorkspace, path: '/monitors', component: lazyRouteComponent(monitors, 'MonitorListPage') }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/monitors/$monitor',
    component: lazyRouteComponent(monitors, 'MonitorPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/access',
    component: lazyRouteComponent(() => import('../features/access/index.ts'), 'AccessPage'),
  }),
  createRoute({
    getParentRoute: inWorkspace,
    path: '/settings',
    component: lazyRouteComponent(() => import('../features/settings/index.ts'), 'SettingsPage'),
  }),
]

const routeTree = root.addChildren([
  gallery,
  login,
  signedIn.addChildren([start, ...instancePages, workspace.addChildren(workspacePages)]),
])

/** The studio's pages. Code-based: a new page is one route here and one export of its feature's index. */
export const router = createRouter({
  routeTree,
  parseSearch,
  stringifySearch: printSearch,
  defaultPreload: false,
  defaultErrorComponent: PageFailure,
  defaultNotFoundComponent: NotFoundPage,
  scrollRestoration: true,
  scrollToTopSelectors: ['#main'],
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
