"""Feeds: files that come by themselves. An upload by a person is on the staff's desk (`admin.console`)."""
