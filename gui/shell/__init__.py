"""The frame of the window: actions, menus, pages, help, status."""
