"""What engines that speak through a vendor's service share. An adapter implements `vendor.Vendor`."""
