"""The first page: where videos are dropped, what they show, what makes a good one."""
