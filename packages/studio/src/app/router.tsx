import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { App, SignedIn } from './App.tsx'
import { NotFoundPage, PageFailure } from './PageFailure.tsx'
import { parseSearch, printSearch } from './search-state.ts'

const root = createRootRoute({ component: App, notFoundComponent: NotFoundPage, errorComponent: PageFailure })
const gallery = createRoute({
  getParentRoute: () => root,
  path: '/gallery',
  component: lazyRouteComponent(() => import('../features/gallery/index.ts'), 'GalleryPage'),
})
const signedIn = createRoute({ getParentRoute: () => root, id: 'signed-in', component: SignedIn })
const start = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/home' })
  },
})
const home = createRoute({
  getParentRoute: () => signedIn,
  path: '/home',
  component: lazyRouteComponent(() => import('../features/home/index.ts'), 'HomePage'),
})
const workspace = createRoute({ getParentRoute: () => signedIn, path: '/w/$resourceGroup/$workspace' })
const jobs = createRoute({
  getParentRoute: () => workspace,
  path: '/jobs',
  component: lazyRouteComponent(() => import('../features/jobs/index.ts'), 'JobListPage'),
})
const job = createRoute({
  getParentRoute: () => workspace,
  path: '/jobs/$job',
  component: lazyRouteComponent(() => import('../features/jobs/index.ts'), 'JobPage'),
})
/** Sections without a page of their own yet show their resources as the API gives them. */
const workspaceSection = createRoute({
  getParentRoute: () => workspace,
  path: '/$section',
  component: lazyRouteComponent(() => import('../features/resources/index.ts'), 'ResourceListPage'),
})
const instanceSection = createRoute({
  getParentRoute: () => signedIn,
  path: '/$section',
  component: lazyRouteComponent(() => import('../features/resources/index.ts'), 'ResourceListPage'),
})

const routeTree = root.addChildren([
  gallery,
  signedIn.addChildren([start, home, instanceSection, workspace.addChildren([jobs, job, workspaceSection])]),
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
